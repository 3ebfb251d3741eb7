// Package validate holds a device's layers to a judge: which layer is wrong,
// how wrong, where in the layer, and what that usually means.
//
// Run gives every layer two verdicts. Isolated: the layer alone, fed with the
// judge's inputs, so that only the layer that is wrong fails. Cumulative: the
// layer in its place, after everything before it, which shows the drift. The
// judge is package reference unless Options says another: arrays that real
// Keras wrote (ReadArrays), or another device.
//
// The parts stand by themselves: Compare measures a Difference, ToleranceOf says
// how large it may be, Locate finds where the errors sit, and HeatMap draws them.
//
// The package runs nothing itself and knows no driver: it imports nn, reference,
// plan, shaders and gpu. Tables, flags and colours of a command line stay outside.
package validate

// Package lower turns a program and a device's limits into dispatches and packed
// weights: which kernel computes each step, over which bytes, with which push
// constants and how many work groups. Each operation has a file of its name.
//
// It is arithmetic on paper: no Vulkan enters here, no driver, no memory of a
// device, so that what a phone or a data centre's GPU would be given can be tested
// anywhere. Whoever wants it run is package gpu.
package lower

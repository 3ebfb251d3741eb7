// Package reference is the CPU truth: what every other way to run a network is
// compared with.
//
// Each operation of package nn is one function of plain loops, to be read
// beside the formula in nn's comment, in a file of the same name. Sums are kept
// in float64 and rounded to float32 once, at the end of each operation. Loops
// run in parallel over outer positions only, so results do not depend on the
// number of processors. Tests hold each operation to the Keras layer that it
// stands for, run in float64 (tools/keras/layer_cases.py), and to plainer code.
//
// The package imports package nn and nothing else of vkeras: it must never
// share code with plan or gpu, or both would share a fault. No fusing, no
// folding, no tiling, no approximation may enter.
package reference

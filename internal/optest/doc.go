// Package optest is the suite of operator cases that every implementation of
// an operation must pass: package reference against plainer code, each shader
// on each device against package reference.
//
// There is one function of cases a kind of operation, in a file named as in
// package nn: table entries for the edges, random draws for the rest. Cases are
// made from a seed, so that a failure can be repeated; their values are finite
// and of order 1, as a trained network's are, for GPUs need not keep NaN.
// Graph makes random networks for tests of whole programs. An implementation's
// test is one call of Run; the suite's own tests prove that it catches the usual
// mistakes, from a flipped kernel to a forgotten bias.
//
// The package is for tests alone. It knows nn and reference, and nothing of any
// implementation it is used on.
package optest

// Package plan turns a graph into a program: the steps that a device runs, one
// kernel each, and where in memory every tensor lies.
//
// Compile begins with one step a node and improves it by passes, each in a
// file of its own and each optional: fold (batch normalisation into the
// weights before it), fuse (padding, residual sums and rectifiers into the
// convolution beside them), prescale (scales and offsets into the weights
// behind them), activate (other activations into the step before them), gate
// (products with a factor a channel into the convolution behind them), demand
// (only the positions that somebody reads), merge (convolutions of one tensor by one window) and, when a program is laid
// out, memory (tensors that never live at once share memory). Without passes the program runs the
// network layer by layer, and every tensor can be looked at.
//
// Describe puts a program into numbers and Dot draws it. The package imports nn
// alone of this house, knows no device, and computes no tensor.
package plan

// Package nn is the language that all packages of vkeras speak: shapes,
// tensors, operations and the graphs made of them.
//
// A Graph says what a network computes: nodes in topological order, each with
// one operation (Op), the nodes it reads and the shape it makes. It holds the
// weights, and nothing about files, devices or kernels. Package loader makes
// graphs from Keras files, package resnet from code; package reference runs
// them in plain Go; package plan turns them into programs for package gpu.
//
// Activations are NHWC, convolution kernels HWIO, as Keras stores them. A
// Shape on a Node is that of one image, without the batch axis.
//
// This package imports no other package of vkeras, and does no arithmetic on
// tensors' values.
package nn

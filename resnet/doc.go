// Package resnet builds residual networks in code, layer for layer as Keras
// lists them, and knows what a Keras file does not say about them.
//
// [Exercise] is the course exercise's ResNet50, [Variant] the same net with
// another way to halve its feature maps, [Applications] the nets of
// keras.applications; [Architectures] lists them all and [Build] makes one by
// its name. [Initialise] gives a net weights to measure it with. [Recognise]
// says of any graph, by its structure, how its pictures are scaled and what its
// classes are called.
//
// Graphs from here take a file of weights alone (package loader), or serve to
// compare ways of halving. Reading pictures is package pictures; running a
// graph, and anything that depends on a device, is not for this package.
package resnet

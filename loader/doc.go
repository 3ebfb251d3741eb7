// Package loader reads Keras models: files in, an nn.Graph with its weights out.
//
// It reads what Keras 1, 2 and 3 write: the HDF5 file of model.save, the HDF5
// files of model.save_weights in both generations, the .keras archive, and Keras
// 2's SavedModel and checkpoint; and TensorFlow.js layers models. They are told
// apart by what is in them, never by the file's name. What is none of these is
// named.
//
// The way of a file:
//
//	find.go, folder.go           which files of a folder or zip archive are the model
//	container*.go, archive.go    which kind of file, where its config and its weights are
//	json.go, fields.go           JSON, and a layer's config of which no field goes unread
//	config.go, nodes.go          the config's layers and connections, in all their schemas
//	layers.go, layers_*.go       Keras's layer classes as nn operations: the table to extend
//	assemble.go                  layers, called in order, into an nn.Graph
//	weights*.go                  which dataset belongs to which variable; reading them
//
// Nothing is guessed. A layer, a field or a value that would change the result
// and that this package does not know is an error that names it; weights are
// bound by names and keys, and refused unless all of them fit. Files may come
// from strangers: whatever they hold, the answer is a model or an error, within
// time and memory in proportion to the file.
//
// Devices, kernels and optimisations may not enter, nor architectures written
// as code: those are package resnet's.
package loader

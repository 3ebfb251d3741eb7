// Package tensorbundle reads TensorFlow's tensor bundles, the files x.index and
// x.data-00000-of-00001 of a checkpoint and of a SavedModel's variables, and the
// object graph in them that says which tensor is which object's.
//
// Sources: tensorflow/core/util/tensor_bundle (its .h describes the files),
// tensorflow/core/protobuf/tensor_bundle.proto and trackable_object_graph.proto,
// tensorflow/core/lib/io/table_format.txt, and tensorflow/core/lib/strings/ordered_code.h
// for the keys of tensors that are stored in slices.
//
//	table.go       x.index: a table of LevelDB's format, in blocks
//	bundle.go      its entries: the header, and where a tensor is
//	slices.go      tensors of which several files hold a part each
//	tensor.go      reading: floats, and the string that is the object graph
//	objectgraph.go objects by the names by which others refer to them
//
// Files may come from strangers: every length is checked against the file before
// anything is allocated, every checksum is verified, and memory follows the
// files' size. Keras may not enter: what objects are layers is package loader's.
package tensorbundle

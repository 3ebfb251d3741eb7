// Package savedmodel reads what Keras 2 says of a model in a SavedModel's folder:
// its config, and the names of its layers. The weights are a tensor bundle, which
// package tensorbundle reads; the program in saved_model.pb is never looked at.
//
// TensorFlow 2.5 and later write that into keras_metadata.pb, earlier versions
// into the object graph of saved_model.pb. Sources:
// keras/protobuf/saved_metadata.proto, tensorflow/core/protobuf/saved_model.proto,
// meta_graph.proto and saved_object_graph.proto.
//
// Files may come from strangers: memory follows their size. What a config means is
// not known here.
package savedmodel

// Package applications knows the nets of keras.applications: their architectures,
// as real Keras writes them, and how their pictures are scaled.
//
// Keras keeps the weights that it fetches in files without an architecture.
// [Recognition] finds the architecture of such a file, for package loader: by the
// shapes of its weights, and by the names of its layers where those are not enough.
// [Recognise] says of any graph, by its structure, which of the nets it is, how its
// pictures are scaled and what its classes are called; it asks package resnet first,
// which builds the residual nets and the course's exercise in code.
//
// The table of architectures is data, written by tools/keras/applications_table.py;
// architectures as code, devices and the reading of pictures may not enter.
package applications

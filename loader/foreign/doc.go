// Package foreign names files that are none of Keras's models: web pages in place
// of downloads, pointers in place of files, other tools' models, pictures. Whoever
// meets one learns what it is and what to do.
//
// Files are told by how they begin. Nothing is opened here, and no file that this
// project reads may be named.
package foreign

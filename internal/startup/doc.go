// Package startup knows what a process was started with that Go's runtime hides, or
// fails of before any Go code runs: a C constructor looks before it.
//
// The runtime opens the null device in place of a standard stream that is closed,
// so that no file gets its number, and results written there are lost without an
// error. And with too few files, or too little address space, it ends with a dump
// of its own: here, in a line that says what is needed. Nothing else may enter.
package startup

// Package stdio knows whether a process was started with a standard output.
//
// Go's runtime opens the null device in place of a standard stream that is closed,
// so that no file gets its number, and results written there are lost without an
// error. A C constructor looks before it. Nothing else may enter.
package stdio

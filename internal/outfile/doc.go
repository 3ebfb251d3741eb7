// Package outfile writes the files that a user names.
//
// A regular file is replaced as a whole: what is written goes to a temporary file
// beside it, which takes its name and permissions when it is complete, so that a
// failure leaves what was there. Through a symbolic link it is the link's target
// that is replaced. Everything else, a device, a pipe, a terminal, a descriptor
// such as /dev/stdout, is opened and written as it is: nothing may take its place.
//
// Files of a program's own, such as caches, do not belong here, nor does reading.
package outfile

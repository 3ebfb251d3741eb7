//go:build !unix || !cgo

package main

// outputClosed reports whether the process was started without a standard output,
// as far as that can be known: `vkeras` tells where this program is called by it.
func outputClosed() bool { return false }

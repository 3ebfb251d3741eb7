//go:build !unix || !cgo

package stdio

// OutputClosed reports whether the process was started without a standard output,
// as far as that can be known.
func OutputClosed() bool { return false }

//go:build unix && cgo

package stdio

// extern int vkeras_stdout_closed;
import "C"

// OutputClosed reports whether the process was started without a standard output.
func OutputClosed() bool { return C.vkeras_stdout_closed != 0 }

//go:build !cgo

package turbojpeg

import "fmt"

// Library is libjpeg-turbo as the system has it.
type Library struct{}

// Load returns ErrNone: without cgo no C library is loaded.
func Load() (*Library, error) {
	return nil, fmt.Errorf("%w: this program was built without cgo", ErrNone)
}

// String says which library it is.
func (*Library) String() string { return "" }

// Decode returns ErrNone.
func (*Library) Decode(_, _ []byte, _, _ int, _ Format, _ int) (string, error) { return "", ErrNone }

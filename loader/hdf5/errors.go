package hdf5

import (
	"errors"
	"fmt"
)

var (
	// ErrFormat says that the file is not HDF5, or is damaged or truncated.
	ErrFormat = errors.New("malformed HDF5 file")
	// ErrUnsupported says that the file is sound as far as was read, but uses a
	// feature that this package does not read; the message names it.
	ErrUnsupported = errors.New("unsupported HDF5 feature")
	// ErrNotFound says that a group, dataset or attribute is absent, or that
	// the path leads to an object of another kind.
	ErrNotFound = errors.New("not found in HDF5 file")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}

package tensorbundle

import (
	"errors"
	"fmt"
)

var (
	// ErrFormat says that the files are no tensor bundle, are damaged or cut.
	ErrFormat = errors.New("malformed TensorFlow checkpoint")
	// ErrUnsupported says that the files are sound as far as was read, but use
	// something that this package does not read; the message names it.
	ErrUnsupported = errors.New("unsupported feature of a TensorFlow checkpoint")
	// ErrNotFound says that there is no tensor of the name.
	ErrNotFound = errors.New("not found in the TensorFlow checkpoint")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrFormat, fmt.Errorf(format, args...))
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnsupported, fmt.Errorf(format, args...))
}

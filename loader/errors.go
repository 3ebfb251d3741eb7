package loader

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vkeras/vkeras/loader/hdf5"
)

var (
	// ErrFormat says that the file is not one of Keras's, is damaged, or
	// contradicts itself.
	ErrFormat = errors.New("not a sound Keras file")
	// ErrUnsupported says that the model uses something that this package does
	// not read; the message names it.
	ErrUnsupported = errors.New("not supported")
	// ErrWeights says that the weights are not those of the architecture:
	// layers are missing, left over, or of another shape.
	ErrWeights = errors.New("the weights do not fit the architecture")
	// ErrNoArchitecture says that the file has weights alone and that neither
	// WithConfig nor WithGraph was given.
	ErrNoArchitecture = errors.New("the file has weights alone, no architecture")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrFormat, fmt.Errorf(format, args...))
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnsupported, fmt.Errorf(format, args...))
}

// layerError says which layer an error comes from.
func layerError(class, name string, err error) error {
	return fmt.Errorf("%s %q: %w", class, name, err)
}

// hdf5Error gives an error of package hdf5 this package's sentinel.
func hdf5Error(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, hdf5.ErrUnsupported):
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	case errors.Is(err, hdf5.ErrFormat), errors.Is(err, hdf5.ErrNotFound):
		return fmt.Errorf("%w: %w", ErrFormat, err)
	default:
		return err
	}
}

// few joins the first items of a list and counts the others.
func few(items []string, separator string) string {
	const most = 4
	if len(items) <= most {
		return strings.Join(items, separator)
	}
	return fmt.Sprintf("%s%s... and %d more", strings.Join(items[:most-1], separator), separator, len(items)-most+1)
}

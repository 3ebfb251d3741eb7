package loader

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vkeras/vkeras/loader/hdf5"
	"github.com/vkeras/vkeras/loader/savedmodel"
	"github.com/vkeras/vkeras/loader/tensorbundle"
	"github.com/vkeras/vkeras/loader/tfjs"
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
	// ErrInputSize says that the model leaves the size of its input open and that
	// WithInputShape was not given.
	ErrInputSize = fmt.Errorf("%w: the model leaves the size of its input open", ErrUnsupported)
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrFormat, fmt.Errorf(format, args...))
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnsupported, fmt.Errorf(format, args...))
}

// misfit is an error of package nn: layers that cannot be called as the config
// says, or whose sizes are beyond what is supported.
type misfit struct{ error }

func (e misfit) Error() string   { return "the layers do not fit: " + e.error.Error() }
func (e misfit) Unwrap() []error { return []error{ErrFormat, e.error} }

// layerError says which layer an error comes from.
func layerError(class, name string, err error) error {
	if errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrInputSize) { // see conclude
		err = advise(err, otherLayers)
	}
	return fmt.Errorf("%s %q: %w", class, name, err)
}

// hdf5Error gives an error of package hdf5 this package's sentinel.
func hdf5Error(err error) error { return formatError(err) }

// formatError gives an error of one of the formats' packages this package's
// sentinel.
func formatError(err error) error {
	is := func(sentinels ...error) bool {
		return slices.ContainsFunc(sentinels, func(s error) bool { return errors.Is(err, s) })
	}
	switch {
	case err == nil, is(ErrFormat, ErrUnsupported):
		return err
	case is(tfjs.ErrGraphModel):
		return advise(fmt.Errorf("%w: %w", ErrUnsupported, err), "convert the Keras model to a layers model, or save it as .keras or .h5")
	case is(hdf5.ErrUnsupported, tensorbundle.ErrUnsupported, tfjs.ErrUnsupported):
		return advise(fmt.Errorf("%w: %w", ErrUnsupported, err), anew)
	case is(hdf5.ErrFormat, hdf5.ErrNotFound, tensorbundle.ErrFormat, tensorbundle.ErrNotFound, tfjs.ErrFormat, savedmodel.ErrFormat):
		return fmt.Errorf("%w: %w", ErrFormat, err)
	default:
		return err
	}
}

// printable makes an error one line that ends with what to do and that no terminal
// takes for commands, for names in a file may hold any bytes.
func printable(err error) error {
	if err == nil {
		return nil
	}
	err = conclude(err)
	text := err.Error()
	if utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return err
	}
	quoted := strings.ReplaceAll(strconv.Quote(text), `\"`, `"`)
	return printableError{error: err, text: quoted[1 : len(quoted)-1]}
}

// printableError is an error with another text.
type printableError struct {
	error
	text string
}

func (e printableError) Error() string { return e.text }
func (e printableError) Unwrap() error { return e.error }

// few joins the first items of a list and counts the others.
func few(items []string, separator string) string {
	const most = 4
	if len(items) <= most {
		return strings.Join(items, separator)
	}
	return fmt.Sprintf("%s%s... and %d more", strings.Join(items[:most-1], separator), separator, len(items)-most+1)
}

package loader

import "errors"

// What to do, where more than one refusal ends so.
const (
	ownCode     = "build the model of Keras's own layers, and give it these weights (set_weights)"
	otherLayers = "build the model of what docs/supported.md lists, and give it these weights (set_weights)"
	inKeras     = "vkeras computes nets of pictures alone; run this one in Keras"
	anew        = "load it in Keras and save it anew; where Keras cannot, fetch the file again"
	anewConfig  = "write the config anew, with model.to_json()"
	itsOwn      = "name the architecture that the weights were saved from, or save the whole model in Keras"
	rightFile   = "no net of pictures is so large; look whether it is the right file"
)

// advised is an error that ends with what to do about it.
type advised struct {
	error
	advice string
}

func (e advised) Error() string { return e.error.Error() + ": " + e.advice }
func (e advised) Unwrap() error { return e.error }

// Advice is what the message ends with.
func (e advised) Advice() string { return e.advice }

// advise ends an error with what to do, unless it says so already.
func advise(err error, advice string) error {
	if err == nil || errors.As(err, new(advised)) {
		return err
	}
	return advised{err, advice}
}

// conclude ends what this package refuses with what to do; what the system says
// stays as it is. ErrNoArchitecture and ErrInputSize name the option that is
// missing, which callers call by a name of their own.
func conclude(err error) error {
	switch {
	case errors.Is(err, ErrNoArchitecture), errors.Is(err, ErrInputSize):
		return err
	case errors.Is(err, ErrWeights):
		return advise(err, itsOwn)
	case errors.Is(err, ErrFormat):
		return advise(err, anew)
	case errors.Is(err, ErrUnsupported):
		return advise(err, otherLayers)
	}
	return err
}

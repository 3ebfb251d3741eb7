package pictures

import (
	"fmt"
	"strings"
)

// Filter names a way to resize.
type Filter string

// The filters of Pillow, byte-exact, and those of tf.image.resize, whose results
// are fractional.
const (
	Nearest  Filter = "nearest"
	Box      Filter = "box"
	Bilinear Filter = "bilinear"
	Hamming  Filter = "hamming"
	Bicubic  Filter = "bicubic"
	Lanczos  Filter = "lanczos"

	TFBilinear          Filter = "tf-bilinear"
	TFBilinearAntialias Filter = "tf-bilinear-antialias"
)

// Filters returns every filter, Keras's default first.
func Filters() []Filter {
	return []Filter{Nearest, Box, Bilinear, Hamming, Bicubic, Lanczos, TFBilinear, TFBilinearAntialias}
}

// ParseFilter finds a filter by its name; "" is [Nearest]. Keras's names of the
// Pillow filters are the names here.
func ParseFilter(name string) (Filter, error) {
	return parse(name, "resize filter", Nearest, Filters())
}

// Equals returns the call that the filter equals.
func (f Filter) Equals() string {
	switch f {
	case TFBilinear:
		return "tf.image.resize(method=\"bilinear\")"
	case TFBilinearAntialias:
		return "tf.image.resize(method=\"bilinear\", antialias=True)"
	}
	return fmt.Sprintf("keras.utils.load_img(target_size=(height, width), interpolation=%q)", string(f))
}

// Describe says in one line what the filter does and which call it equals.
func (f Filter) Describe() string {
	const shrinks = ", averaging all source pixels it covers when it shrinks; "
	switch f {
	case Nearest:
		return "takes the source pixel under each centre; " + f.Equals() + ", its default"
	case Box, Bilinear, Hamming, Bicubic, Lanczos:
		return "Pillow's " + string(f) + " kernel" + shrinks + f.Equals()
	case TFBilinear:
		return "mixes the 4 source pixels around each centre, also when it shrinks; " + f.Equals() + ", image_dataset_from_directory's default"
	case TFBilinearAntialias:
		return "triangle kernel" + shrinks + f.Equals()
	}
	return "unknown filter " + string(f)
}

// parse finds name among all; "" is the default.
func parse[T ~string](name, what string, byDefault T, all []T) (T, error) {
	if name == "" {
		return byDefault, nil
	}
	names := make([]string, len(all))
	for i, v := range all {
		if string(v) == name {
			return v, nil
		}
		names[i] = string(v)
	}
	return "", fmt.Errorf("unknown %s %q: have %s", what, name, strings.Join(names, ", "))
}

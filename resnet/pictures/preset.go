package pictures

import "fmt"

// Preset names a scaling of pixel values, and the order of the channels.
type Preset string

// The scalings that Keras models expect. A file says nothing about which: it is
// the model's author who does.
const (
	None     Preset = "none"
	Exercise Preset = "exercise"
	Caffe    Preset = "caffe"
	TF       Preset = "tf"
	Torch    Preset = "torch"
)

// Presets returns every preset.
func Presets() []Preset { return []Preset{None, Exercise, Caffe, TF, Torch} }

// ParsePreset finds a preset by its name; "" is [None].
func ParsePreset(name string) (Preset, error) {
	return parse(name, "input scaling", None, Presets())
}

// Scaling holds every constant of a preset. With the channels in that order,
// value x of channel c becomes (x/Divide - Subtract[c]) / DivideAfter[c].
type Scaling struct {
	Channels    string     `json:"channels"` // "RGB" or "BGR"
	Divide      float32    `json:"divide"`
	Subtract    [3]float32 `json:"subtract"`
	DivideAfter [3]float32 `json:"divide_after"`
}

// Scaling returns the preset's constants; those of an unknown preset, like those
// of [None], change nothing.
func (p Preset) Scaling() Scaling {
	s := Scaling{Channels: "RGB", Divide: 1, DivideAfter: [3]float32{1, 1, 1}}
	switch p {
	case Exercise:
		s.Divide = 255
	case Caffe:
		s.Channels, s.Subtract = "BGR", [3]float32{103.939, 116.779, 123.68}
	case TF:
		s.Divide, s.Subtract = 127.5, [3]float32{1, 1, 1}
	case Torch:
		s.Divide, s.Subtract, s.DivideAfter = 255, [3]float32{0.485, 0.456, 0.406}, [3]float32{0.229, 0.224, 0.225}
	}
	return s
}

// Equals returns the Keras call that the preset equals.
func (p Preset) Equals() string {
	switch p {
	case Exercise:
		return "x / 255 or Rescaling(1/255), as in the course exercise"
	case Caffe:
		return "keras.applications.resnet.preprocess_input"
	case TF:
		return "keras.applications.resnet_v2.preprocess_input"
	case Torch:
		return "keras.applications.imagenet_utils.preprocess_input(mode=\"torch\")"
	}
	return "keras.utils.img_to_array"
}

// Describe says in one line every constant, the channel order, and the Keras call
// that the preset equals.
func (p Preset) Describe() string {
	switch p {
	case None, "":
		return "x, RGB, 0 to 255; keras.utils.img_to_array alone, for models that scale inside"
	case Exercise:
		return "x / 255, RGB, 0 to 1; the course exercise, Rescaling(1/255)"
	case Caffe:
		return "x - (103.939, 116.779, 123.68), BGR; keras.applications.resnet.preprocess_input (ResNet50, 101, 152)"
	case TF:
		return "x / 127.5 - 1, RGB, -1 to 1; keras.applications.resnet_v2.preprocess_input (ResNet50V2, 101V2, 152V2)"
	case Torch:
		return "(x / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225), RGB; keras.applications.imagenet_utils.preprocess_input(mode=\"torch\")"
	}
	return "unknown input scaling " + string(p)
}

// Grey reports whether the preset scales all channels alike, and so pictures of one.
func (p Preset) Grey() bool {
	s := p.Scaling()
	return s.Channels == "RGB" && s.Subtract[0] == s.Subtract[1] && s.Subtract[0] == s.Subtract[2] && s.DivideAfter[0] == s.DivideAfter[1] && s.DivideAfter[0] == s.DivideAfter[2]
}

// Apply scales, in place, interleaved R, G, B values of 0 to 255 (HWC, any number
// of pixels), to the bit as keras.applications.imagenet_utils.preprocess_input
// does with float32 arrays. An unknown preset leaves them: see [ParsePreset].
func (p Preset) Apply(pix []float32) {
	s := p.Scaling()
	if s.Channels == "BGR" {
		for i := 0; i+3 <= len(pix); i += 3 {
			pix[i], pix[i+2] = pix[i+2], pix[i]
		}
	}
	for i, v := range pix {
		pix[i] = s.scale(v, i%3)
	}
}

func (s Scaling) scale(v float32, channel int) float32 {
	return (v/s.Divide - s.Subtract[channel]) / s.DivideAfter[channel]
}

// Range returns the least and the greatest value that a picture can have after
// [Preset.Apply].
func (p Preset) Range() (low, high float32) {
	s := p.Scaling()
	low, high = s.scale(0, 0), s.scale(255, 0)
	for c := range 3 {
		low, high = min(low, s.scale(0, c)), max(high, s.scale(255, c))
	}
	return low, high
}

// Doubt says in one clause why an input whose values go from low to high is no
// picture that the preset has scaled: values beyond its [Preset.Range], or, where
// that reaches far beyond 1, values that all lie within -1 to 1. It returns ""
// for an input that may be one.
func (p Preset) Doubt(low, high float32) string {
	const scaled, slack = 10, 1e-3
	least, most := p.Range()
	margin := slack * (most - least)
	switch {
	case low < least-margin || high > most+margin:
		return fmt.Sprintf("the values go from %g to %g, those of preset %s from %g to %g", low, high, p, least, most)
	case most > scaled && low < high && low >= -1 && high <= 1:
		return fmt.Sprintf("the values go from %g to %g and so look scaled before, those of preset %s go from %g to %g", low, high, p, least, most)
	}
	return ""
}

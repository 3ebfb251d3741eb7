package pictures

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

// Apply scales, in place, interleaved R, G, B values of 0 to 255 (HWC, any number
// of pixels), to the bit as keras.applications.imagenet_utils.preprocess_input
// does with float32 arrays. An unknown preset leaves them: see [ParsePreset].
func (p Preset) Apply(pix []float32) {
	switch p {
	case Exercise:
		for i, v := range pix {
			pix[i] = v / 255
		}
	case Caffe:
		for i := 0; i+3 <= len(pix); i += 3 {
			pix[i], pix[i+1], pix[i+2] = pix[i+2]-103.939, pix[i+1]-116.779, pix[i]-123.68
		}
	case TF:
		for i, v := range pix {
			pix[i] = v/127.5 - 1
		}
	case Torch:
		mean, deviation := [3]float32{0.485, 0.456, 0.406}, [3]float32{0.229, 0.224, 0.225}
		for i, v := range pix {
			pix[i] = (v/255 - mean[i%3]) / deviation[i%3]
		}
	}
}

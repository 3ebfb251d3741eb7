package serve

import "github.com/vkeras/vkeras/resnet/pictures"

// Datatypes of the protocol that are spoken here.
const (
	fp32 = "FP32"
	raw  = "BYTES"
)

// serverJSON is the server's metadata.
type serverJSON struct {
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	Extensions []string `json:"extensions"`
}

func (s *Server) about() serverJSON {
	return serverJSON{"vkeras", s.options.Version, []string{"binary_tensor_data", "classification"}}
}

// modelJSON is a model's metadata.
type modelJSON struct {
	Name       string       `json:"name"`
	Versions   []string     `json:"versions"`
	Platform   string       `json:"platform"`
	Inputs     []specJSON   `json:"inputs"`
	Outputs    []specJSON   `json:"outputs"`
	Parameters *pictureJSON `json:"parameters,omitempty"`
}

// specJSON is an input's or an output's; the batch axis is -1.
type specJSON struct {
	Name     string `json:"name"`
	Datatype string `json:"datatype"`
	Shape    []int  `json:"shape"`
}

// pictureJSON says how encoded pictures become the input.
type pictureJSON struct {
	Pictures   string `json:"pictures"` // how to send them
	Resize     string `json:"resize"`
	Preset     string `json:"preset"`
	PresetCall string `json:"preset_call"` // the Keras call that it equals
	pictures.Scaling
	EXIF      bool   `json:"exif"`
	MaxPixels int64  `json:"max_pixels"`
	Decoder   string `json:"jpeg_decoder"` // with its version
	FastJPEG  bool   `json:"fast_jpeg"`    // decoded scaled down
}

// describe returns a model's metadata.
func describe(m *Model) modelJSON {
	d := modelJSON{Name: m.Name, Versions: []string{version}, Platform: "vkeras", Inputs: describeSpecs(m.Inputs), Outputs: describeSpecs(m.Outputs)}
	if o := m.Pictures; o != nil {
		decoder, _ := o.Decoder.JPEG() // whose error says why it is not libjpeg-turbo
		d.Parameters = &pictureJSON{
			Pictures: "the input also takes datatype BYTES, shape (N): encoded pictures",
			Resize:   string(o.Filter), Preset: string(o.Preset), PresetCall: o.Preset.Equals(), Scaling: o.Preset.Scaling(), EXIF: o.EXIF, MaxPixels: o.MaxPixels,
			Decoder: decoder, FastJPEG: o.FastJPEG,
		}
	}
	return d
}

func describeSpecs(specs []Spec) []specJSON {
	list := make([]specJSON, len(specs))
	for i, s := range specs {
		list[i] = specJSON{s.Name, fp32, s.Shape.Batch(-1)}
	}
	return list
}

// isDead reports whether the model has lost every device.
func (q *queue) isDead() bool {
	select {
	case <-q.dead:
		return true
	default:
		return false
	}
}

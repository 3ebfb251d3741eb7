package classify

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vkeras/vkeras/applications"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// Task is what a net was made for, as far as its structure and its user say: which
// pictures it takes, and what its outputs mean. Keras files say nothing of either.
type Task struct {
	Reader
	// Graph is the net to compute: that which was given, with the one output that
	// classifies (see [Head]).
	Graph  *nn.Graph
	Known  resnet.Known // by the net's structure
	from   *nn.Graph    // that which was given
	Why    string       // the preset was chosen
	Labels []string     // the classes' names, one each
	Score  string       // what the outputs are: "probability" or "score"

	// LabelFile is where Keras keeps the names of ImageNet's classes, "" where they
	// were not looked for; LabelErr is why they are not used. It is fs.ErrNotExist
	// where Keras has not fetched them.
	LabelFile string
	LabelErr  error
}

// ErrNotPictures is a net that does not map pictures to classes.
var ErrNotPictures = errors.New("to classify pictures a model must map (H, W, 3), or (H, W, 1) for grey ones, to (classes)")

// ErrNoPreset is a net of which nobody knows how its pictures were scaled.
var ErrNoPreset = errors.New("the scaling of its pictures is not known")

// ErrPreset is a preset for colours with a net that takes grey pictures.
var ErrPreset = errors.New("it takes grey pictures")

// TaskOptions are what the user says of a net.
type TaskOptions struct {
	// Pictures says how they are read. A Preset of "" is that of the net.
	Pictures pictures.Options
	// Labels, if given, returns the names of so many classes, as [resnet.ReadLabels]
	// does; without it they are those of the net, of ImageNet where Keras has fetched
	// them, or "class 7".
	Labels func(classes int) ([]string, error)
	Output string // the name of the output that classifies; "" for the only one
}

// NewTask finds out how the net takes pictures and what its outputs mean. Errors are
// [ErrNotPictures], those of [Head], of [NewReader] and of labels.
func NewTask(g *nn.Graph, o TaskOptions) (*Task, error) {
	head, err := Head(g, o.Output)
	if err != nil {
		return nil, err
	}
	if len(head.Outputs[0].Shape) != 1 || !TakesPictures(head) {
		return nil, ErrNotPictures
	}
	t := &Task{Graph: head, from: g, Known: applications.Recognise(head), Score: scoreOf(head)}
	if t.Reader, t.Why, err = newReader(head, o.Pictures, t.Known); err != nil {
		return nil, err
	}
	if err := t.name(head.Outputs[0].Shape[0], o.Labels); err != nil {
		return nil, err
	}
	return t, nil
}

// NewReader returns what reads pictures for a net that [TakesPictures], whatever its
// outputs. Errors are [ErrNoPreset] where o has no preset and the net none of its own, and
// [ErrPreset].
func NewReader(g *nn.Graph, o pictures.Options) (Reader, error) {
	r, _, err := newReader(g, o, applications.Recognise(g))
	return r, err
}

func newReader(g *nn.Graph, o pictures.Options, known resnet.Known) (r Reader, why string, err error) {
	why = "the caller says so"
	if o.Preset == "" {
		o.Preset, why = known.Preset, known.Why
	}
	if o.Preset == "" {
		return r, "", fmt.Errorf("%w: %s", ErrNoPreset, known.Why)
	}
	in := g.Inputs[0].Shape
	if o.Grey = in.Channels() == 1; o.Grey && !o.Preset.Grey() {
		return r, "", fmt.Errorf("%w, and preset %s is for colours", ErrPreset, o.Preset)
	}
	return Reader{Height: in[0], Width: in[1], Pictures: o}, why, nil
}

// Given returns what reads pictures for the net which was given, not Graph: with the
// channels first where that net takes them so. It is [ErrNotPictures] where that net
// takes more than Graph does.
func (t *Task) Given() (Reader, error) {
	r := t.Reader
	if r.Pictures.Planes = planes(t.from); !r.Pictures.Planes && !TakesPictures(t.from) {
		return r, ErrNotPictures
	}
	return r, nil
}

// TwoClasses reports whether the output of the net which was given is one number, the
// probability of the second of two classes.
func (t *Task) TwoClasses() bool { return t.Graph.Outputs[0].Class == twoClasses }

// Scores returns the scores of all classes for one of the images that the net which
// was given, not Graph, answered with these outputs.
func (t *Task) Scores(outputs []*nn.Tensor, image int) []float32 {
	i := 0
	for k := range t.from.Outputs {
		if t.from.OutputName(k) == t.Graph.OutputName(0) {
			i = k
		}
	}
	scores := outputs[i].Image(image)
	if t.TwoClasses() {
		return []float32{1 - scores[0], scores[0]}
	}
	return scores
}

// name finds the classes' names.
func (t *Task) name(classes int, labels func(int) ([]string, error)) (err error) {
	t.Labels = t.Known.Labels
	switch {
	case labels != nil:
		if t.Labels, err = labels(classes); err != nil {
			return err
		}
	case t.Known.ImageNet:
		t.Labels, t.LabelFile, t.LabelErr = resnet.ImageNetLabels(classes)
	}
	if len(t.Labels) != classes {
		t.Labels = make([]string, classes)
		for i := range t.Labels {
			t.Labels[i] = labelOf(nil, i)
		}
	}
	return nil
}

// scoreOf says what the numbers are that the graph ends in.
func scoreOf(g *nn.Graph) string {
	n := g.Outputs[0]
	for {
		switch op := n.Op.(type) {
		case *nn.Identity, *nn.Flatten, *nn.Reshape:
			n = n.Inputs[0]
			continue
		case *nn.Softmax:
			return "probability"
		case *nn.Concat:
			if n.Class == twoClasses {
				return "probability"
			}
		case *nn.Activation:
			if op.Func == nn.Sigmoid {
				return "probability"
			}
		}
		return "score"
	}
}

// Preprocessing is all that is done to a picture before the net sees it.
type Preprocessing struct {
	Resize     string `json:"resize"`
	ResizeCall string `json:"resize_call"` // what it equals
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	EXIF       bool   `json:"exif"`
	MaxPixels  int64  `json:"max_pixels"`
	Decoder    string `json:"jpeg_decoder"` // with its version
	FastJPEG   bool   `json:"fast_jpeg"`    // decoded scaled down
	Preset     string `json:"preset"`
	PresetCall string `json:"preset_call"` // what it equals
	PresetWhy  string `json:"preset_why"`
	pictures.Scaling
	Low  float32 `json:"low"` // of the values that the net can get
	High float32 `json:"high"`
}

// Preprocessing states every constant.
func (t *Task) Preprocessing() Preprocessing {
	o := t.Pictures
	p := Preprocessing{
		Resize: string(o.Filter), ResizeCall: o.Filter.Equals(), Width: t.Width, Height: t.Height,
		EXIF: o.EXIF, MaxPixels: o.MaxPixels,
		Preset: string(o.Preset), PresetCall: o.Preset.Equals(), PresetWhy: t.Why, Scaling: o.Preset.Scaling(),
	}
	p.Decoder, _ = o.Decoder.JPEG() // whose error says why it is not libjpeg-turbo
	p.FastJPEG = o.FastJPEG
	p.Low, p.High = o.Preset.Range()
	if o.Grey { // Pillow's name of it
		p.Channels = "L"
		p.ResizeCall = strings.Replace(p.ResizeCall, "load_img(", `load_img(color_mode="grayscale", `, 1)
	}
	return p
}

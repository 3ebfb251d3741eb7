package classify

import (
	"errors"
	"fmt"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// Task is what a net was made for, as far as its structure and its user say: which
// pictures it takes, and what its outputs mean. Keras files say nothing of either.
type Task struct {
	Reader
	Known  resnet.Known // by the net's structure
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
var ErrNotPictures = errors.New("to classify pictures a model must map (H, W, 3) to (classes)")

// ErrNoPreset is a net of which nobody knows how its pictures were scaled.
var ErrNoPreset = errors.New("the scaling of its pictures is not known")

// NewTask finds out how the net takes pictures and what its outputs mean. A Preset of
// "" in o is that of the net. Labels, if given, returns the names of so many classes,
// as [resnet.ReadLabels] does; without it they are those of the net, of ImageNet where
// Keras has fetched them, or "class 7". Errors are [ErrNotPictures], those of
// [NewReader] and of labels.
func NewTask(g *nn.Graph, o pictures.Options, labels func(classes int) ([]string, error)) (*Task, error) {
	if len(g.Outputs) != 1 || len(g.Outputs[0].Shape) != 1 || !TakesPictures(g) {
		return nil, ErrNotPictures
	}
	t := &Task{Known: resnet.Recognise(g), Score: scoreOf(g)}
	var err error
	if t.Reader, t.Why, err = newReader(g, o, t.Known); err != nil {
		return nil, err
	}
	if err := t.name(g.Outputs[0].Shape[0], labels); err != nil {
		return nil, err
	}
	return t, nil
}

// TakesPictures reports whether the net has one input, of (H, W, 3).
func TakesPictures(g *nn.Graph) bool {
	return len(g.Inputs) == 1 && len(g.Inputs[0].Shape) == 3 && g.Inputs[0].Shape[2] == 3
}

// NewReader returns what reads pictures for a net that [TakesPictures], whatever its
// outputs. Errors are [ErrNoPreset] where o has no preset and the net none of its own.
func NewReader(g *nn.Graph, o pictures.Options) (Reader, error) {
	r, _, err := newReader(g, o, resnet.Recognise(g))
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
	return Reader{Height: g.Inputs[0].Shape[0], Width: g.Inputs[0].Shape[1], Pictures: o}, why, nil
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
	p.Low, p.High = o.Preset.Range()
	return p
}

package applications

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/internal/structure"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
)

// ErrAmbiguous says that several architectures that compute differently have the
// weights of a file.
var ErrAmbiguous = errors.New("several architectures fit the weights")

// Choice says more of a file of weights alone than the file does. The zero value
// leaves everything to the weights.
type Choice struct {
	Name    string // of the architecture, one of [Names] in any case of letters; "": by the weights
	Classes int    // 0: by the weights
}

// Recognition makes loader.Open find the architecture of weights alone: of the files
// that keras.applications fetches for the nets of [Names], and of those that the same functions wrote with
// other numbers of classes. loader.WithInputShape gives such a net another height and
// width than its own. Errors of loader.Open then wrap loader.ErrNoArchitecture for
// weights of no known architecture, [ErrAmbiguous], or resnet.ErrUnknown for a name
// that no architecture has; with a name, a file with an architecture of its own is
// refused.
func Recognition(o Choice) loader.Option {
	choose := func(w *loader.Weights) ([]loader.Option, error) { return choose(w, o) }
	if o.Name != "" {
		return loader.WithArchitecture(choose)
	}
	return loader.WithRecognition(choose)
}

// Names returns the names of all architectures that weights alone can have, those of
// package resnet first.
func Names() []string {
	var names []string
	for _, a := range resnet.Architectures() {
		names = append(names, a.Name)
	}
	for _, e := range ofWeights() {
		names = append(names, e.Name)
	}
	return names
}

// Check returns resnet.ErrUnknown for a name that no architecture has.
func (o Choice) Check() error {
	for _, a := range resnet.Architectures() {
		if a.Called(o.Name) {
			return nil
		}
	}
	known := func(name string) bool { return strings.EqualFold(name, o.Name) }
	if o.Name == "" || slices.ContainsFunc(Names(), known) {
		return nil
	}
	return fmt.Errorf("%w: %q; known are %s", resnet.ErrUnknown, o.Name, strings.Join(Names(), ", "))
}

// candidate is an architecture whose weights have the shapes of those in a file.
type candidate struct {
	name    string
	top     bool
	classes int // of a net with its top
	input   nn.Shape
	graph   func() (*nn.Graph, error)
	options func() ([]loader.Option, error)
	refuse  func(w *loader.Weights) bool // the weights themselves say that it is another; nil: never
}

// choose returns the options that give the weights their architecture.
func choose(w *loader.Weights, o Choice) ([]loader.Option, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	s := shapesOf(w)
	candidates := append(residual(s, o), tabled(s, o)...)
	if len(candidates) == 0 && o.Name != "" {
		candidates = named(s, o)
	}
	if o.Name != "" && len(candidates) == 1 {
		return candidates[0].options() // what does not fit is for the loader to tell
	}
	return decide(w, candidates)
}

// named returns the architecture of that name, with its top, for weights that are not
// of its shapes.
func named(s shapes, o Choice) []candidate {
	for _, a := range resnet.Architectures() {
		if a.Called(o.Name) {
			return []candidate{residualNet(a, candidate{name: a.Name, top: true, classes: o.Classes, input: chosen(a.Input, s.input)})}
		}
	}
	i := slices.IndexFunc(ofWeights(), func(e *entry) bool { return strings.EqualFold(e.Name, o.Name) })
	e := ofWeights()[i]
	classes := o.Classes
	if classes == 0 {
		classes = imagenetClasses
	}
	return []candidate{e.candidate(true, classes, chosen(e.Input, s.input))}
}

// decide returns the options of the only candidate that fits, or of one of several
// that compute the same.
func decide(w *loader.Weights, candidates []candidate) ([]loader.Option, error) {
	var fit []candidate
	var with [][]loader.Option
	var why error
	for _, c := range candidates {
		if c.refuse != nil && c.refuse(w) {
			continue
		}
		options, err := c.options()
		if err != nil {
			return nil, err
		}
		if err := w.Fits(options...); err != nil {
			why = fmt.Errorf("%w: their shapes are those of %s, but %w", loader.ErrNoArchitecture, c.name, err)
			continue
		}
		fit, with = append(fit, c), append(with, options)
	}
	switch {
	case len(fit) == 0 && why != nil:
		return nil, why
	case len(fit) == 0:
		return nil, fmt.Errorf("%w, and none that is known has weights of these shapes", loader.ErrNoArchitecture)
	case len(fit) == 1:
		return with[0], nil
	}
	same, err := computeTheSame(fit)
	if err != nil {
		return nil, err
	}
	if !same {
		var names []string
		for _, c := range fit {
			names = append(names, c.name)
		}
		return nil, fmt.Errorf("%w and compute differently: %s; choose with --architecture NAME", ErrAmbiguous, strings.Join(names, ", "))
	}
	return with[0], nil
}

// computeTheSame reports whether the candidates do the same to their weights.
func computeTheSame(candidates []candidate) (bool, error) {
	k := structure.Kinds{}
	first := 0
	for i, c := range candidates {
		g, err := c.graph()
		if err != nil {
			return false, err
		}
		output := k.Of(g)[g.Outputs[0].Index]
		if i == 0 {
			first = output
		}
		if output != first || !c.input.Equal(candidates[0].input) {
			return false, nil
		}
	}
	return true, nil
}

// shapes are those of a file's weights.
type shapes struct {
	all   []nn.Shape
	sum   digest
	input nn.Shape // of the net, where somebody chose it
}

func shapesOf(w *loader.Weights) shapes {
	s := shapes{input: w.Input}
	for _, l := range w.Layers {
		for _, weight := range l.Weights {
			s.all = append(s.all, weight.Shape)
			s.sum += digestOf(weight.Shape)
		}
	}
	return s
}

// maxHeads bounds the kernels that are tried as the last: a hostile file may have as
// many as it likes. EfficientNetB7, which has most, has some hundred.
const maxHeads = 1 << 10

// heads returns the kernels that may be the last, once a shape: those with a bias
// beside them among the weights.
func (s shapes) heads() []nn.Shape {
	biases, seen := map[int]bool{}, map[string]bool{}
	for _, shape := range s.all {
		if len(shape) == 1 {
			biases[shape[0]] = true
		}
	}
	var heads []nn.Shape
	for _, shape := range s.all {
		if key := fmt.Sprint(shape); len(shape) >= 2 && biases[shape.Channels()] && !seen[key] && len(heads) < maxHeads {
			seen[key] = true
			heads = append(heads, shape)
		}
	}
	return heads
}

// without returns the digest of the other weights where a kernel and its bias are
// left out.
func (s shapes) without(kernel nn.Shape) digest {
	return s.sum - digestOf(kernel) - digestOf(nn.Shape{kernel.Channels()})
}

// tabled returns the architectures of the table that have weights of these shapes.
func tabled(s shapes, o Choice) []candidate {
	var found []candidate
	heads := s.heads()
	for _, e := range ofWeights() {
		if o.Name != "" && !strings.EqualFold(o.Name, e.Name) {
			continue
		}
		if e.Features == s.sum {
			found = append(found, e.candidate(false, 0, chosen(e.Input, s.input)))
		}
		for _, head := range heads {
			classes := head.Channels()
			if !head[:len(head)-1].Equal(e.Head) || o.Classes != 0 && o.Classes != classes {
				continue
			}
			if input, ok := e.inputOf(s, s.without(head)); ok {
				found = append(found, e.candidate(true, classes, chosen(input, s.input)))
			}
		}
	}
	return found
}

// inputOf returns the input of the net if the digest of its weights but the last
// kernel is body. The kernel behind a Flatten has a row for each value of the last
// feature map, which has a 32nd of the input's height and width: VGG's.
func (e *entry) inputOf(s shapes, body digest) (nn.Shape, bool) {
	if e.Body == body {
		return e.Input, true
	}
	if e.Flat == 0 {
		return nil, false
	}
	cells := (e.Input[0] / 32) * (e.Input[1] / 32)
	channels := e.Flat / cells
	for _, shape := range s.all {
		if len(shape) != 2 || shape[0]%channels != 0 {
			continue
		}
		usual := nn.Shape{e.Flat, shape[1]}
		side := int(math.Round(math.Sqrt(float64(shape[0] / channels))))
		if side*side*channels == shape[0] && body-digestOf(shape)+digestOf(usual) == e.Body {
			return nn.Shape{32 * side, 32 * side, e.Input[2]}, true
		}
	}
	return nil, false
}

// candidate returns the entry's net.
func (e *entry) candidate(top bool, classes int, input nn.Shape) candidate {
	return candidate{
		name: e.Name, top: top, classes: classes, input: input,
		graph: func() (*nn.Graph, error) { return e.graph(top, classes, input) },
		options: func() ([]loader.Option, error) {
			text, err := e.config(top, classes)
			if err != nil {
				return nil, err
			}
			return append(e.sized(input), loader.WithConfig(text)), nil
		},
		refuse: e.refuse,
	}
}

// chosen returns the shape with the extents that somebody chose.
func chosen(own, choice nn.Shape) nn.Shape {
	shape := own.Clone()
	for i := range min(len(shape), len(choice)) {
		if choice[i] != 0 {
			shape[i] = choice[i]
		}
	}
	return shape
}

// imagenetMean is the mean of ImageNet's pictures as EfficientNet's Normalization has
// it in the files that Keras fetches (keras/src/applications/efficientnet.py).
var imagenetMean = []float32{0.485, 0.456, 0.406}

// refuse reports whether the file's own numbers say that the net is another of equal
// shapes: EfficientNet is built with one layer more for the weights that Keras
// fetches, which alone have the mean of ImageNet's pictures.
func (e *entry) refuse(w *loader.Weights) bool {
	if e.Family != "efficientnet" {
		return false
	}
	mean, ok := normalizationMean(w)
	if !ok {
		return false
	}
	fetched := slices.EqualFunc(mean, imagenetMean, func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-3 })
	fresh := !slices.ContainsFunc(mean, func(x float32) bool { return x != 0 })
	ofNone := strings.HasSuffix(e.Name, weightsNone)
	return fetched && ofNone || fresh && !ofNone
}

// weightsNone ends the names of nets that Keras builds otherwise without the weights
// that it fetches.
const weightsNone = "-weights-none"

// normalizationMean returns the mean of the file's only Normalization of colours.
func normalizationMean(w *loader.Weights) ([]float32, bool) {
	var found []float32
	for _, l := range w.Layers {
		// mean and variance, and perhaps the count of samples
		if len(l.Weights) < 2 || len(l.Weights) > 3 || !l.Weights[0].Shape.Equal(nn.Shape{3}) || !l.Weights[1].Shape.Equal(nn.Shape{3}) {
			continue
		}
		mean, err := l.Weights[0].Values()
		if err != nil || found != nil {
			return nil, false
		}
		found = mean
	}
	return found, found != nil
}

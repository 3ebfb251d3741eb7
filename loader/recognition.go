package loader

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/vkeras/vkeras/loader/hdf5"
	"github.com/vkeras/vkeras/nn"
)

// Weights are what is in a file of weights alone, before anybody says which layers
// they belong to.
type Weights struct {
	Format       Format
	KerasVersion string // of the Keras that wrote the file; "" where it doesn't say
	Layers       []WeightsLayer
	Input        nn.Shape // that of WithInputShape; nil where it was not given

	c *container
}

// WeightsLayer is a layer of a file of weights alone.
type WeightsLayer struct {
	Name    string // of the layer or, where the file has none, its place in the file
	Weights []Weight
}

// Weight is an array of numbers in a file.
type Weight struct {
	Role  string // Keras's name of it, "kernel"; "" where the file doesn't say
	Shape nn.Shape

	dataset dataset
}

// Values reads the weight, in row-major order.
func (w Weight) Values() ([]float32, error) {
	values := make([]float32, w.Shape.Len())
	if err := (binding{layer: &layer{}, variable: &variable{role: w.Role}, dataset: w.dataset}).read(values); err != nil {
		return nil, printable(err)
	}
	return values, nil
}

// WithRecognition gives a file of weights alone the architecture that choose finds
// for it: it returns options, as a rule WithConfig or WithGraph. For other files it
// is not called. An error of choose is one of Open.
func WithRecognition(choose func(*Weights) ([]Option, error)) Option {
	return func(o *options) { o.choose = choose }
}

// WithArchitecture is WithRecognition for callers who say that the file has weights
// alone: a file that has its own architecture is refused.
func WithArchitecture(choose func(*Weights) ([]Option, error)) Option {
	return func(o *options) { o.choose, o.forces = choose, true }
}

// Fits returns why the weights are not those of the architecture that the options
// give, nil if they are: every layer has its own, of its shape.
func (w *Weights) Fits(opts ...Option) error {
	var o options
	for _, option := range opts {
		option(&o)
	}
	_, n, err := o.architecture(w.c)
	if err != nil {
		return printable(err)
	}
	_, err = w.c.bind(n)
	return printable(err)
}

// recognise lets the caller choose an architecture for weights alone.
func (o *options) recognise(c *container) error {
	switch {
	case c.config != nil && o.forces:
		return c.hasItsOwn()
	case o.choose == nil || c.config != nil || o.config != nil || o.graph != nil:
		return nil
	}
	w, err := c.list()
	if err != nil {
		return err
	}
	w.Input = o.input
	chosen, err := o.choose(w)
	if err != nil {
		return err
	}
	o.choose = nil
	for _, option := range chosen {
		option(o)
	}
	return nil
}

// list lists the weights in the order of the file.
func (c *container) list() (*Weights, error) {
	w := &Weights{Format: c.format, KerasVersion: c.kerasVersion, c: c}
	var err error
	switch c.format {
	case LegacyWeights:
		w.Layers, err = listLegacy(c)
	case Checkpoint:
		w.Layers, err = listCheckpoint(c)
	default:
		l := keras3List{}
		err = l.network(c.weights, 0)
		w.Layers = l.layers
	}
	return w, err
}

func listLegacy(c *container) ([]WeightsLayer, error) {
	b := &legacy{root: c.weights}
	names, err := splitAttr(b.root, "layer_names")
	if err != nil {
		return nil, err
	}
	var layers []WeightsLayer
	for _, name := range names {
		g, err := b.group(name)
		if err != nil {
			return nil, fmt.Errorf("layer %q: %w", name, err)
		}
		l := WeightsLayer{Name: name}
		for i, weight := range g.weights {
			d, err := g.dataset(i)
			if err != nil {
				return nil, fmt.Errorf("layer %q: %w", name, hdf5Error(err))
			}
			l.Weights = append(l.Weights, Weight{Role: weight.role, Shape: d.Shape(), dataset: d})
		}
		if l.Weights != nil {
			layers = append(layers, l)
		}
	}
	return layers, nil
}

// keras3List lists the layers in the layout of Keras 3.
type keras3List struct {
	keras3
	layers []WeightsLayer
}

// network lists the layers of a model. Those of one class are in their order, the
// classes in that of their names: the file has no other.
func (k *keras3List) network(group *hdf5.Group, depth int) error {
	if depth > maxDepth {
		return malformed("%s: models nested more than %d deep", group.Path(), maxDepth)
	}
	keys, err := k.keysOf(group)
	if err != nil {
		return err
	}
	for _, class := range slices.Sorted(maps.Keys(keys)) {
		for _, key := range keys[class] {
			if err := k.layer(key.group, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k *keras3List) layer(group *hdf5.Group, depth int) error {
	for _, name := range partGroups {
		if group.IsGroup(name) {
			g, err := k.open(group, name)
			if err != nil {
				return hdf5Error(err)
			}
			if depth++; depth > maxDepth {
				return malformed("%s: layers nested more than %d deep", group.Path(), maxDepth)
			}
			if err := k.layer(g, depth); err != nil {
				return err
			}
		}
	}
	if err := k.network(group, depth+1); err != nil {
		return err
	}
	vars, err := k.open(group, "vars")
	if errors.Is(err, hdf5.ErrNotFound) {
		return nil
	} else if err != nil {
		return hdf5Error(err)
	}
	l := WeightsLayer{Name: group.Path()}
	if name, err := optionalText(vars, "name"); err == nil && name != "" {
		l.Name = name
	}
	for _, name := range vars.Names() {
		d, err := vars.Dataset(name)
		if err != nil {
			return hdf5Error(err)
		}
		l.Weights = append(l.Weights, Weight{Shape: d.Shape(), dataset: d})
	}
	if l.Weights != nil {
		k.layers = append(k.layers, l)
	}
	return nil
}

func listCheckpoint(c *container) ([]WeightsLayer, error) {
	b := &checkpoint{bundle: c.checkpoint, objects: c.objects, saved: c.layerNames}
	root, _, err := b.model()
	if err != nil {
		return nil, err
	}
	saved, err := b.leaves(root, "", 0)
	if err != nil {
		return nil, err
	}
	var layers []WeightsLayer
	for _, s := range saved {
		l := WeightsLayer{Name: s.path}
		if scope := b.scope(s).scope; scope != "" {
			l.Name = scope
		}
		for _, weight := range s.weights {
			t, err := b.tensor(weight.key)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.path, err)
			}
			l.Weights = append(l.Weights, Weight{Role: path.Base(weight.role), Shape: t.Shape(), dataset: t})
		}
		layers = append(layers, l)
	}
	return layers, nil
}

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/applications"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/internal/infile"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/testdata/demo"
)

// modelFlags say which model a command works on.
type modelFlags struct {
	path, config, architecture, size string
	classes                          int
	assume                           bool                                // a size for a model that leaves it open
	given                            func() (height, width int, ok bool) // the size of what it is to compute; nil: not known before

	command *cobra.Command         // nil: the model is one of several
	context func() context.Context // ends when the user does not wait any longer
}

func (f *modelFlags) register(c *cobra.Command) {
	f.command, f.context = c, c.Context
	c.Flags().StringVarP(&f.path, "model", "m", "", "Keras `FILE` or folder: .keras, .h5, SavedModel, checkpoint, TensorFlow.js, or a .zip of one (default: the demo model, built in)")
	c.Flags().StringVar(&f.config, "config", "", "`FILE` that model.to_json() wrote, for a model file of weights alone")
	c.Flags().StringVar(&f.architecture, "architecture", "", "`NAME` of the architecture of a model file of weights alone, where the weights leave it open, such as exercise, resnet50 or mobilenetv2 (one that is none gets the list)")
	c.Flags().IntVar(&f.classes, "classes", 0, "classes of --architecture (default: by the weights)")
	c.Flags().StringVar(&f.size, "input-size", "", "`HxW` of the pictures, for a model that leaves it open")
	_ = c.MarkFlagFilename("model", "h5", "keras", "hdf5", "zip", "json", "index")
	_ = c.MarkFlagFilename("config", "json")
}

// argument takes the model from the command's argument.
func (f *modelFlags) argument(args []string) error {
	if len(args) == 0 {
		return nil
	}
	if f.path != "" {
		return usagef("MODEL and --model exclude each other")
	}
	f.path = args[0]
	return nil
}

// openFor is open for a device that takes the weights from the file, so that
// they are in memory once. The caller closes the model.
func (f *modelFlags) openFor(d *deviceFlags) (m *loader.Model, name string, err error) {
	m, name, err = f.openWarning(d.name != engine.Reference, f.warn)
	f.tellInside(m, err)
	return m, name, err
}

// open reads the model with all of its weights; name is what to call it.
func (f *modelFlags) open() (m *loader.Model, name string, err error) {
	m, name, err = f.openWarning(false, f.warn)
	f.tellInside(m, err)
	return m, name, err
}

// tellInside says which file was read, where a folder or archive was named.
func (f *modelFlags) tellInside(m *loader.Model, err error) {
	if quiet, _ := f.command.Flags().GetBool("quiet"); err == nil && m.Inside != "" && !quiet {
		fmt.Fprintf(f.command.ErrOrStderr(), "model: %s in %s (%v)\n", m.Inside, f.path, m.Format)
	}
}

func (f *modelFlags) warn(warning string) {
	fmt.Fprintf(f.command.ErrOrStderr(), "vkeras: %s\n", warning)
}

// openWarning reads the model and warns of weights that no answer can be right
// with; of those that it defers, when they are read.
func (f *modelFlags) openWarning(defers bool, warn func(string)) (m *loader.Model, name string, err error) {
	notFinite := func(weights string) {
		warn(fmt.Sprintf("%s: WEIGHTS ARE NOT FINITE: %s", f.called(), weights))
	}
	var options []loader.Option
	if defers {
		options = append(options, loader.WithDeferredWeights(notFinite))
	}
	if m, err = f.read(options); err == nil {
		for _, weights := range m.NotFinite {
			notFinite(weights)
		}
		for _, layer := range m.Random {
			warn(fmt.Sprintf("%s: %s", f.called(), layer))
		}
		if m.ShortType != "" {
			warn(fmt.Sprintf("%s: Keras computes layers of this model in %s; here all are computed in float32 unless --precision says otherwise", f.called(), m.ShortType))
		}
	}
	return m, f.called(), err
}

// called returns what to call the model.
func (f *modelFlags) called() string {
	if f.path == "" {
		return demo.Name
	}
	return f.path
}

func (f *modelFlags) read(options []loader.Option) (*loader.Model, error) {
	size, err := f.shape()
	if err != nil {
		return nil, err
	}
	if size != nil {
		options = append(options, loader.WithInputShape(nn.Shape{size[0], size[1], 0})) // the channels are the model's
	}
	switch {
	case f.config != "" && f.architecture != "":
		return nil, usagef("--config and --architecture exclude each other")
	case f.path == "" && (f.config != "" || f.architecture != ""):
		return nil, usagef("--config and --architecture are for a --model file of weights alone")
	case f.classes != 0 && f.architecture == "":
		return nil, usagef("--classes belongs to --architecture")
	case f.config != "":
		text, err := infile.Read(f.context(), f.config)
		if err != nil {
			return nil, fmt.Errorf("--config: %w", err)
		}
		options = append(options, loader.WithConfig(text))
	default:
		choice := applications.Choice{Name: f.architecture, Classes: f.classes}
		if err := choice.Check(); err != nil {
			return nil, usageError{err}
		}
		options = append(options, applications.Recognition(choice))
	}
	if f.path == "" {
		file := demo.Model()
		return loader.Read(file, file.Size(), options...)
	}
	m, err := loader.Open(f.path, options...)
	if errors.Is(err, loader.ErrInputSize) && f.given != nil {
		if height, width, ok := f.given(); ok {
			m, err = f.openSized(options, height, width)
		}
	}
	if errors.Is(err, loader.ErrInputSize) && f.assume {
		m, err = f.openAssuming(options)
	}
	switch {
	case errors.Is(err, loader.ErrNoArchitecture) && f.command == nil: // serve, whose flags name the model
		err = fmt.Errorf("%w; pass --config NAME=FILE or --architecture NAME=ARCHITECTURE", err)
	case errors.Is(err, loader.ErrInputSize) && f.command == nil:
		err = fmt.Errorf("%w; pass --input-size NAME=HxW, such as NAME=224x224", err)
	case errors.Is(err, loader.ErrNoArchitecture):
		err = fmt.Errorf("%w; pass --config FILE or --architecture NAME", err)
	case errors.Is(err, loader.ErrInputSize):
		err = fmt.Errorf("%w; pass --input-size HxW, such as 224x224", err)
	}
	return m, err
}

// assumed is the height and width of pictures for a model that leaves them open:
// that of most nets that were trained on ImageNet.
const assumed = 224

// openAssuming opens a model that leaves its height, its width or both open, and
// says what is taken.
func (f *modelFlags) openAssuming(options []loader.Option) (*loader.Model, error) {
	m, err := f.openSized(options, assumed, assumed)
	if err == nil {
		in := m.Graph.Inputs[0].Shape
		f.warn(fmt.Sprintf("%s: the model leaves the size of its pictures open: %d x %d is taken; --input-size HxW chooses another", f.path, in[0], in[1]))
	}
	return m, err
}

// openSized opens a model with what it leaves open of a height and a width. The error
// is that of the model with both.
func (f *modelFlags) openSized(options []loader.Option, height, width int) (*loader.Model, error) {
	var first error
	for _, size := range []nn.Shape{{height, width, 0}, {height, 0, 0}, {0, width, 0}} {
		m, err := loader.Open(f.path, append(options[:len(options):len(options)], loader.WithInputShape(size))...)
		if err == nil {
			return m, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// shape returns the --input-size as a shape, nil where there is none.
func (f *modelFlags) shape() (nn.Shape, error) {
	if f.size == "" {
		return nil, nil
	}
	return parseSize("--input-size", f.size)
}

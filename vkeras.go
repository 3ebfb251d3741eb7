// Package vkeras classifies pictures with Keras models, on a GPU by way of Vulkan
// or without one. It is the door for those who have a model and want answers:
//
//	model, err := vkeras.Open("my_resnet.keras")
//	defer model.Close()
//	classes, err := model.Classify(ctx, "cat.jpg")
//	for _, c := range classes {
//		fmt.Printf("%s %.1f %%\n", c.Label, 100*c.Score)
//	}
//
// Tensors go in and out by Predict, as by model.predict in Keras:
//
//	x, err := vkeras.FromSlice(values, 1, 224, 224, 3) // NHWC
//	y, err := model.Predict(ctx, x)                    // (1, classes)
//	fmt.Println(y.Data)
//
// Whoever wants more goes through the packages behind it: loader (Keras files),
// engine (what computes), classify (many pictures), serve (over the network),
// validate, profile and study.
package vkeras

import (
	"context"
	"errors"
	"fmt"

	"github.com/vkeras/vkeras/applications"
	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// Options are how a model is opened. The zero value is for most.
type Options struct {
	// Device is what computes, as the tool's --device: "" for the best there is,
	// "reference", an index, or a part of a Vulkan device's name.
	Device     string
	RequireGPU bool         // fail rather than compute on the CPU
	Batch      int          // the most images computed at once; 0 means 1
	Precision  nn.Precision // "" means FP32

	// Pictures is how pictures are read; a Preset of "" is the one that the network
	// is recognised to want.
	Pictures pictures.Options
	Labels   string // file of the classes' names; "": by the network
	Output   string // name of the output that Classify reads, of several; "": the only one that may be classes

	// File says more of what is in the file: loader.WithConfig, WithGraph,
	// WithInputShape, applications.Recognition with a Choice. Weights alone of
	// keras.applications need none.
	File []loader.Option
}

// Class is a class with its score.
type Class = classify.Class

// Tensor is a dense float32 array, NHWC for images.
type Tensor = nn.Tensor

// FromSlice returns a tensor of that shape that uses values as its elements.
func FromSlice(values []float32, shape ...int) (*Tensor, error) {
	return nn.FromSlice(values, shape...)
}

// Model is a model on a device, ready to answer. It may be used by several
// goroutines.
type Model struct {
	file   *loader.Model
	device engine.Device
	net    engine.Net
	task   *classify.Task
	reader classify.Reader
	taskIs error // why the model does not classify pictures; nil: it does
}

// Open opens a Keras model on the best device. Errors name the file and say what
// was expected; those of loader and engine can be told apart by errors.Is.
func Open(path string) (*Model, error) { return OpenWith(path, Options{}) }

// OpenWith is Open with options.
func OpenWith(path string, o Options) (*Model, error) {
	device, err := engine.Open(engine.Choice{Name: o.Device, RequireGPU: o.RequireGPU})
	if err != nil {
		return nil, err
	}
	m := &Model{device: device}
	if err := m.open(path, o); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

func (m *Model) open(path string, o Options) (err error) {
	options := append([]loader.Option{applications.Recognition(applications.Choice{})}, o.File...)
	if m.device.Info().Streams {
		options = append(options, loader.WithDeferredWeights(func(string) {}))
	}
	if m.file, err = loader.Open(path, options...); err != nil {
		return err
	}
	passes := m.device.Passes()
	m.net, err = m.device.Load(m.file.Graph, engine.Options{Batch: o.Batch, Precision: o.Precision, Passes: &passes, Tune: true})
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var labels func(classes int) ([]string, error)
	switch {
	case o.Labels != "":
		labels = func(classes int) ([]string, error) { return resnet.ReadLabels(o.Labels, classes) }
	case m.file.Labels != nil:
		labels = func(int) ([]string, error) { return m.file.Labels, nil }
	}
	if o.Pictures.Preset == "" && m.file.TeachableMachine {
		o.Pictures.Preset = pictures.TF
	}
	if o.Pictures.Filter == "" {
		o.Pictures.Filter = pictures.Nearest // as Keras's load_img
	}
	m.task, m.taskIs = classify.NewTask(m.file.Graph, classify.TaskOptions{Pictures: o.Pictures, Labels: labels, Output: o.Output})
	if m.taskIs == nil {
		m.reader, m.taskIs = m.task.Given()
	}
	if (o.Labels != "" || o.Output != "") && m.taskIs != nil {
		return fmt.Errorf("%s: %w", path, m.taskIs)
	}
	return nil
}

// Device says what computes.
func (m *Model) Device() string { return m.device.String() }

// Graph returns the network. It must not be changed.
func (m *Model) Graph() *nn.Graph { return m.file.Graph }

// Classify reads a picture and returns all classes, the most likely first. Errors
// are classify.ErrNotPictures and classify.ErrNoPreset for models that say too
// little, the system's, and those of pictures that cannot be read.
func (m *Model) Classify(ctx context.Context, picture string) ([]Class, error) {
	if m.taskIs != nil {
		return nil, m.taskIs
	}
	x, err := m.reader.Batch(ctx, []string{picture})
	if err != nil {
		return nil, err
	}
	y, err := m.net.RunAll(ctx, []*Tensor{x})
	if err != nil {
		return nil, err
	}
	return classify.Best(m.task.Scores(y, 0), m.task.Labels, len(m.task.Labels)), nil
}

// Predict answers for a batch of any size, float32, NHWC, of a model with one
// input and one output, as model.predict does in Keras.
func (m *Model) Predict(ctx context.Context, x *Tensor) (*Tensor, error) { return m.net.Run(ctx, x) }

// PredictAll is Predict for several inputs or outputs, in the order of Graph.
func (m *Model) PredictAll(ctx context.Context, in []*Tensor) ([]*Tensor, error) {
	return m.net.RunAll(ctx, in)
}

// Close frees the device and the file. Answers that have begun are waited for.
func (m *Model) Close() error {
	var errs []error
	if m.net != nil {
		errs = append(errs, m.net.Close())
	}
	if m.file != nil {
		errs = append(errs, m.file.Close())
	}
	return errors.Join(append(errs, m.device.Close())...)
}

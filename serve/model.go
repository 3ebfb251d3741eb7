package serve

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// Engine computes a model: *gpu.Net is one. RunAll takes a batch (N, ...) of
// each input, in the model's order, and returns one of each output. As many
// goroutines call it at a time as Program.InFlight says.
type Engine interface {
	RunAll(ctx context.Context, in []*nn.Tensor) ([]*nn.Tensor, error)
}

// Program is a model on a device.
type Program struct {
	// Device names the device: programs of several models on one device have the
	// same, so that what one model asks of it counts for the others.
	Device   string
	Engine   Engine
	InFlight int // batches at once; 0 means 1
}

// Spec is an input or an output: its name and the shape of one image of it,
// without the batch axis.
type Spec struct {
	Name  string
	Shape nn.Shape
}

// Inputs returns the specs of a graph's inputs, in order.
func Inputs(g *nn.Graph) []Spec { return specs(g.Inputs) }

// Outputs returns the specs of a graph's outputs, in order.
func Outputs(g *nn.Graph) []Spec { return specs(g.Outputs) }

func specs(nodes []*nn.Node) []Spec {
	list := make([]Spec, len(nodes))
	for i, n := range nodes {
		list[i] = Spec{n.Name, n.Shape.Clone()}
	}
	return list
}

// Model is what is served under one name.
type Model struct {
	Name            string
	Inputs, Outputs []Spec
	Programs        []Program // one a device
	Batch           int       // the most images that one run of a program takes; 0 means 1

	// Pictures is how encoded pictures become the model's only input, (H, W, 3), or
	// (3, H, W) where they are planes;
	// nil where it takes tensors alone.
	Pictures *pictures.Options
	// Labels are the names of the classes that the outputs, vectors, score; nil
	// where they have none.
	Labels []string
	// TwoClasses says that an output of one number is the probability of the second of
	// two classes.
	TwoClasses bool
}

// names that fit a path of the protocol as they are.
var names = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)

// check returns what is wrong with a model.
func (m *Model) check() error {
	switch {
	case !names.MatchString(m.Name):
		return fmt.Errorf("model name %q: expected up to 128 letters, digits, _, - and dots, no dot or - first", m.Name)
	case len(m.Inputs) == 0 || len(m.Outputs) == 0:
		return fmt.Errorf("model %s has %d inputs and %d outputs", m.Name, len(m.Inputs), len(m.Outputs))
	case len(m.Programs) == 0:
		return fmt.Errorf("model %s has no program", m.Name)
	case m.Batch < 0:
		return fmt.Errorf("model %s: a batch of %d images", m.Name, m.Batch)
	}
	for _, p := range m.Programs {
		if p.Engine == nil || p.InFlight < 0 {
			return fmt.Errorf("model %s: a program on %q without an engine, or with %d runs in flight", m.Name, p.Device, p.InFlight)
		}
	}
	seen := map[string]bool{}
	for _, s := range m.Inputs {
		if seen[s.Name] {
			return fmt.Errorf("model %s has two inputs called %q", m.Name, s.Name)
		}
		seen[s.Name] = true
	}
	if m.Pictures != nil {
		channels, at, layout := 3, 2, "(H, W, %d)"
		if m.Pictures.Grey {
			channels = 1
		}
		if m.Pictures.Planes {
			at, layout = 0, "(%d, H, W)"
		}
		if len(m.Inputs) != 1 || len(m.Inputs[0].Shape) != 3 || m.Inputs[0].Shape[at] != channels {
			return fmt.Errorf("model %s: pictures need one input of shape "+layout, m.Name, channels)
		}
	}
	return nil
}

// find returns the index of the spec of that name.
func find(specs []Spec, name string) (int, error) {
	for i, s := range specs {
		if s.Name == name {
			return i, nil
		}
	}
	have := make([]string, len(specs))
	for i, s := range specs {
		have[i] = s.Name
	}
	return 0, fmt.Errorf("there is no %.100q, there is %q", name, have)
}

// Sentinel errors, for errors.Is.
var (
	// ErrBusy is a server that has as many images, or bytes, as it may.
	ErrBusy = errors.New("the server is full")
	// ErrNoProgram is a model all of whose devices were lost.
	ErrNoProgram = errors.New("every device of the model was lost")
	// ErrClosed is a server that was closed.
	ErrClosed = errors.New("the server is closed")
)

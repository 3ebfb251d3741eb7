package engine

import (
	"context"
	"time"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// Device is what networks are put on. It may be used by several goroutines.
type Device interface {
	// String names the device as messages do: "NVIDIA H200 (discrete GPU)".
	String() string
	Info() Info
	// Load puts a network on the device. The graph is not changed; where
	// Info.Streams, its weights may be deferred and can be let go afterwards.
	Load(g *nn.Graph, o Options) (Net, error)
	// Passes returns the planner's passes that pay on the device; none where it
	// computes layer by layer.
	Passes() plan.Options
	// Doubts says what the device computes wrong and does without, a sentence each.
	Doubts() []string
	// Close frees the device, once its nets are closed.
	Close() error
}

// Info says what a device is.
type Info struct {
	Selector string // the Choice.Name that means it and no other
	Name     string // without its kind: "NVIDIA H200"
	Kind     string // "discrete GPU", "CPU", "native", "plain Go"
	Driver   string // name and version, as the driver gives them; "" without one
	GPU      bool   // a graphics processor
	Plain    bool   // the reference: exact, slow, and for checks
	Streams  bool   // Load takes deferred weights
	// CompilesOnly says that nothing is behind the driver's compiler: no net can be
	// loaded.
	CompilesOnly bool
	Why          string // why no GPU was opened, where none was named and there is none
	// InFlight is how many batches at a time pay: two where the device computes
	// one while the host reads and writes the others, one where a run takes all
	// cores.
	InFlight int
}

// Options are how a network is put on a device.
type Options struct {
	Batch     int          // the most images of one submission; 0 means 1
	InFlight  int          // batches under way at once; 0 means 1
	Precision nn.Precision // "" means FP32
	// Passes chooses the planner's passes; nil: Device.Passes.
	Passes *plan.Options
	// Tune measures, on a GPU, which kernels are fastest (gpu.Options.Tune).
	Tune bool
	// NoMatrices keeps FP16 from a GPU's cooperative matrices.
	NoMatrices bool
}

// Net is a network on a device. It may be used by several goroutines.
type Net interface {
	// Run answers for a batch of any size, (N, ...) in and out, float32, NHWC, of
	// a network with one input and one output. A cancelled ctx ends it soon.
	Run(ctx context.Context, x *nn.Tensor) (*nn.Tensor, error)
	// RunAll is Run for several inputs or outputs, in the graph's order.
	RunAll(ctx context.Context, in []*nn.Tensor) ([]*nn.Tensor, error)
	// Time runs one batch and says how long it took.
	Time(ctx context.Context, in []*nn.Tensor) (Times, error)
	Device() Device
	Precision() nn.Precision
	// Program is what the net runs; nil where it computes layer by layer.
	Program() *plan.Program
	// Kernels names what a step of the program runs for a full batch, in order.
	Kernels(*plan.Step) []string
	// Footprint is what the net holds of the device's memory; zero where that is
	// not told.
	Footprint() plan.Footprint
	// Notes says what whoever waited for Load should know, a sentence each.
	Notes() []string
	// Close frees the net, whatever the error. Runs that have begun are waited for.
	Close() error
}

// Times is how long a run took, by the device's own clock where it has one.
type Times struct {
	Total  time.Duration
	Blocks map[string]time.Duration // by nn.Node.Block; nil where the device cannot tell
}

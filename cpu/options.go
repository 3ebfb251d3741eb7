package cpu

import (
	"fmt"
	"runtime"

	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// Options are how a network is made ready to run.
type Options struct {
	// Batch is the most images that are computed at once, and so decides how much
	// memory the net holds; 0 means 1. Run takes any number and works through it
	// in batches.
	Batch int
	// InFlight is how many batches are under way at once, each in memory of its
	// own: while all cores compute one, inputs and results of the others are
	// copied. 0 means 1.
	InFlight int
	// Threads is how many goroutines compute; 0 means GOMAXPROCS, which Go sets to
	// what a container may use.
	Threads int
	// Precision: FP32, or FP16W, which reads half as much; "" means FP32.
	Precision nn.Precision
	// LayerByLayer runs the network's layers one by one, without any pass of
	// package plan.
	LayerByLayer bool
	// Passes chooses the planner's passes; nil: those of Passes. LayerByLayer has
	// none.
	Passes *plan.Options
	// Keep gives every tensor memory of its own, so that Observe can show it.
	Keep bool
	// Kernels names the set of kernels, one of Processor.Kernels; "" means the
	// fastest.
	Kernels string
}

// Passes returns the planner's passes that pay on processors: all but gate, which
// spares a reading and a writing of a map that lies in the cache.
func Passes() plan.Options {
	o := plan.All()
	o.Gate = false
	return o
}

// passes returns those that the net's program is made by.
func (o Options) passes() plan.Options {
	switch {
	case o.LayerByLayer:
		return plan.Options{}
	case o.Passes != nil:
		return *o.Passes
	}
	return Passes()
}

// complete checks the options and fills in what was left open.
func (o Options) complete() (Options, *simd.Set, error) {
	if o.Batch < 0 || o.InFlight < 0 || o.Threads < 0 {
		return o, nil, fmt.Errorf("a batch of %d images, %d in flight, %d threads", o.Batch, o.InFlight, o.Threads)
	}
	o.Batch, o.InFlight = max(o.Batch, 1), max(o.InFlight, 1)
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	var err error
	if o.Precision, err = nn.ParsePrecision(string(o.Precision)); err != nil {
		return o, nil, err
	}
	if o.Precision.HalfTensors() {
		return o, nil, fmt.Errorf("precision %s: %w", o.Precision, ErrPrecision)
	}
	set := simd.Sets()[0]
	if o.Kernels != "" {
		if set = simd.Named(o.Kernels); set == nil {
			return o, nil, fmt.Errorf("%w: %s; it has %v", ErrNoKernels, o.Kernels, Host().Kernels)
		}
	}
	o.Kernels = set.Name
	return o, set, nil
}

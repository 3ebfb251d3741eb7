package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// CPU is the Choice.Name of the native implementation.
const CPU = "cpu"

// native is package cpu as a Device.
type native struct {
	processor cpu.Processor
	why       string // why it was chosen and no GPU; "": it was asked for
}

func newNative(why string) native { return native{cpu.Host(), why} }

func (n native) String() string { return fmt.Sprintf("%s (native)", n.processor) }

func (n native) Info() Info {
	// While all cores compute a batch, the host has another to copy.
	return Info{Selector: CPU, Name: n.processor.String(), Kind: "native", Streams: true, InFlight: besideTheHost, Why: n.why}
}

func (native) Passes() plan.Options { return cpu.Passes() }
func (native) Doubts() []string     { return nil }
func (native) Close() error         { return nil }

func (n native) Load(g *nn.Graph, o Options) (Net, error) {
	net, err := cpu.Load(g, cpu.Options{Batch: o.Batch, InFlight: o.InFlight, Precision: o.Precision, Passes: o.Passes})
	if err != nil {
		return nil, err
	}
	return nativeNet{net, n}, nil
}

// nativeNet is a net on the processor.
type nativeNet struct {
	*cpu.Net
	device native
}

func (n nativeNet) Device() Device { return n.device }
func (nativeNet) Notes() []string  { return nil }

func (n nativeNet) Time(ctx context.Context, in []*nn.Tensor) (Times, error) {
	p, err := n.Profile(ctx, in)
	if err != nil {
		return Times{}, err
	}
	t := Times{Blocks: map[string]time.Duration{}}
	for _, s := range p.Steps {
		t.Total += s.Took
		t.Blocks[s.Step.Main().Block] += s.Took
	}
	return t, nil
}

package cpu

import (
	"context"
	"fmt"
	"time"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// Profile is where the time of one run went: parts of Wall, counted from the
// run's begin, that do not overlap.
type Profile struct {
	Upload   Span // inputs are copied
	Steps    []StepSpan
	Readback Span // outputs are copied
	Wall     time.Duration
}

// Span is a stretch of time.
type Span struct{ At, Took time.Duration }

// StepSpan is the time from when the threads begin a step to when they have all
// ended it.
type StepSpan struct {
	Span
	Step *plan.Step
}

// Profile runs one batch and times its steps. The outputs are copied but not
// returned.
func (n *Net) Profile(ctx context.Context, in []*nn.Tensor) (*Profile, error) {
	batch, err := n.program.Graph.CheckInputs(in)
	if err != nil {
		return nil, err
	}
	if batch > n.options.Batch {
		return nil, fmt.Errorf("a batch of %d images, the net is loaded for %d", batch, n.options.Batch)
	}
	s, err := n.slots.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer n.slots.Give(s)
	l, err := s.lower(batch)
	if err != nil {
		return nil, err
	}
	p, begin := &Profile{}, time.Now()
	for i, v := range n.program.Inputs {
		copy(l.floats(v), in[i].Data)
	}
	p.Upload.Took = time.Since(begin)
	at := p.Upload.Took
	err = n.team.run(ctx, l.work, func(i int) {
		now, step := time.Since(begin), l.work[i].step
		if last := len(p.Steps) - 1; last >= 0 && p.Steps[last].Step == step {
			p.Steps[last].Took += now - at
		} else {
			p.Steps = append(p.Steps, StepSpan{Span{at, now - at}, step})
		}
		at = now
	})
	if err != nil {
		return nil, err
	}
	p.Readback.At = time.Since(begin)
	for _, v := range n.program.Outputs {
		copy(nn.NewTensor(v.Shape.Batch(batch)...).Data, l.floats(v))
	}
	p.Wall = time.Since(begin)
	p.Readback.Took = p.Wall - p.Readback.At
	return p, nil
}

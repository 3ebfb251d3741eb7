package cpu

import (
	"context"
	"fmt"
	"math"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// Unwritten is the bits of what Observe and Isolate leave in elements that a step
// should have written and did not: a NaN that no arithmetic makes.
const Unwritten = 0x7fdeadbf

// Observe runs one batch and hands everything that the program computes to
// observe, in order; elements that no step wrote are Unwritten. The net must have
// been loaded with Keep; the tensors are copies.
func (n *Net) Observe(ctx context.Context, in []*nn.Tensor, observe func(*plan.Value, *nn.Tensor) error) error {
	batch, err := n.program.Graph.CheckInputs(in)
	if err != nil {
		return err
	}
	l, err := n.takeKept(ctx, batch)
	if err != nil {
		return err
	}
	defer n.slots.Give(l.slot)
	spoil(l.slot.arena.Floats(0, int(n.layout.Bytes/4)))
	for i, v := range n.program.Inputs {
		copy(l.floats(v), in[i].Data)
	}
	if err := n.team.run(ctx, l.work, nil); err != nil {
		return err
	}
	for _, v := range n.program.Values {
		if err := observe(v, l.copyOf(v)); err != nil {
			return err
		}
	}
	return nil
}

// Isolate runs every step by itself on inputs of the caller's choice: feed
// returns what a value that the step reads holds, a batch of the value's
// shape, and observe gets what the step, and its sibling where it has one, made
// of it; elements that it did not write are Unwritten. The net must have been
// loaded with Keep.
func (n *Net) Isolate(ctx context.Context, batch int, feed func(*plan.Value) (*nn.Tensor, error), observe func(*plan.Step, *nn.Tensor) error) error {
	l, err := n.takeKept(ctx, batch)
	if err != nil {
		return err
	}
	defer n.slots.Give(l.slot)
	for _, s := range n.program.Steps {
		if err := l.isolate(ctx, s, feed, observe); err != nil {
			return err
		}
	}
	return nil
}

// isolate is Isolate for one step.
func (l *lowered) isolate(ctx context.Context, s *plan.Step, feed func(*plan.Value) (*nn.Tensor, error), observe func(*plan.Step, *nn.Tensor) error) error {
	for v := range s.Reads() {
		x, err := feed(v)
		if err != nil {
			return err
		}
		if want := v.Shape.Batch(l.batch); !x.Shape.Equal(want) {
			return fmt.Errorf("layer %q reads %v, was fed %v", s.Name, want, x.Shape)
		}
		copy(l.floats(v), x.Data)
	}
	for _, part := range s.Parts() {
		spoil(l.floats(part.Out))
	}
	var own []work
	for _, w := range l.work {
		if w.step == s {
			own = append(own, w)
		}
	}
	if err := l.net.team.run(ctx, own, nil); err != nil {
		return err
	}
	for _, part := range s.Parts() {
		if err := observe(part, l.copyOf(part.Out)); err != nil {
			return err
		}
	}
	return nil
}

// takeKept returns a free slot's work for such a batch, or an error unless every
// tensor of it can be seen.
func (n *Net) takeKept(ctx context.Context, batch int) (*lowered, error) {
	if !n.options.Keep || batch > n.options.Batch {
		return nil, fmt.Errorf("seeing every tensor needs a net loaded with Keep and a batch of %d or more", batch)
	}
	s, err := n.slots.Take(ctx)
	if err != nil {
		return nil, err
	}
	l, err := s.lower(batch)
	if err != nil {
		n.slots.Give(s)
	}
	return l, err
}

// copyOf returns a copy of a value.
func (l *lowered) copyOf(v *plan.Value) *nn.Tensor {
	t := nn.NewTensor(v.Shape.Batch(l.batch)...)
	copy(t.Data, l.floats(v))
	return t
}

// spoil makes all elements Unwritten.
func spoil(values []float32) {
	for i := range values {
		values[i] = math.Float32frombits(Unwritten)
	}
}

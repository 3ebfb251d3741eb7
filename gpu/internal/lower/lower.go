package lower

import (
	"fmt"
	"slices"

	"github.com/vkeras/vkeras/plan"
)

// Pack returns how the step's weights are to be packed; no bytes where it has none.
func Pack(t Target, s *plan.Step) (Packing, error) {
	op, err := operatorOf(s.Op)
	if err != nil {
		return Packing{}, fmt.Errorf("layer %q: %w", s.Name, err)
	}
	return op.pack(t, s), nil
}

// Lay places the tensors of a batch, and what steps need besides; keep gives
// every tensor memory of its own.
func Lay(t Target, p *plan.Program, batch int, keep bool) (*plan.Layout, error) {
	for _, s := range p.Steps {
		if _, err := operatorOf(s.Op); err != nil {
			return nil, fmt.Errorf("layer %q: %w", s.Name, err)
		}
	}
	return p.Lay(batch, t.Element(), t.Align(), keep, func(s *plan.Step) int64 {
		op, _ := operatorOf(s.Op)
		return op.scratch(t, s, int64(batch))
	}), nil
}

// Lower returns the dispatches of the program, in order; weights says where
// Pack's bytes lie.
func Lower(t Target, p *plan.Program, layout *plan.Layout, weights map[*plan.Step]Region) ([]Dispatch, error) {
	l := &lowering{Target: t, layout: layout, batch: int64(layout.Batch), weights: weights}
	for _, s := range p.Steps {
		op, err := operatorOf(s.Op)
		if err == nil {
			l.step, l.waits, l.room, l.copies, l.summed = s, false, op.scratch(t, s, l.batch), 0, false
			begin := len(l.list)
			if err = op.lower(l, s); err == nil {
				err = applied(s, l.list[begin:])
			}
		}
		if err != nil {
			return nil, fmt.Errorf("layer %q: %w", s.Name, err)
		}
	}
	return l.list, nil
}

// applied returns an error where a step's function, or its sibling's, is a
// constant of none of its dispatches: of a kernel without an epilogue, or an
// operator that does not ask for it.
func applied(s *plan.Step, dispatches []Dispatch) error {
	for _, part := range s.Parts() {
		place, _ := function(part)
		applies := func(d Dispatch) bool { return slices.Contains(d.Kernel.Constants, place) }
		if part.Activation != nil && !slices.ContainsFunc(dispatches, applies) {
			return fmt.Errorf("no kernel of %s applies %s", s.Op.Kind(), part.Activation.Func)
		}
	}
	return nil
}

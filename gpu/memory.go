package gpu

import "github.com/vkeras/vkeras/plan"

// Footprint says what the net holds of its device's memory.
func (n *Net) Footprint() plan.Footprint {
	m := plan.Footprint{Weights: n.weights.Bytes, Arena: n.slots.All[0].arena.Bytes, Peak: n.peak, InFlight: len(n.slots.All)}
	if s := n.slots.All[0].staging; s != nil {
		m.Staging = s.Bytes
	}
	return m
}

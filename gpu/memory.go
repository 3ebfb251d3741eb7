package gpu

import "github.com/vkeras/vkeras/plan"

// Footprint says what the net holds of its device's memory.
func (n *Net) Footprint() plan.Footprint {
	m := plan.Footprint{Weights: n.weights.bytes, Arena: n.slots[0].arena.bytes, Peak: n.peak, InFlight: len(n.slots)}
	if s := n.slots[0].staging; s != nil {
		m.Staging = s.bytes
	}
	return m
}

// MemoryInUse returns the bytes of all buffers that are alive on the device,
// and the most there have been at one time.
func (d *Device) MemoryInUse() (now, peak int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bytes, d.peak
}

// count adds a buffer's bytes; negative ones take them away.
func (d *Device) count(bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bytes += bytes
	d.peak = max(d.peak, d.bytes)
}

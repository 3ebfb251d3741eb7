package gpu

// Memory is what a net holds of its device's memory, in bytes. It is all taken
// by Load; runs take no more.
type Memory struct {
	Weights  int64 // packed, in one buffer
	Arena    int64 // the tensors of one batch, in one buffer: plan.Layout's Bytes
	Peak     int64 // of it, tensors and scratch alive at the fullest step: plan.Layout's Peak
	Staging  int64 // copies to and from the device; 0 where the host sees the arena
	InFlight int   // arenas and staging buffers
}

// Total returns the sum of all buffers.
func (m Memory) Total() int64 { return m.Weights + int64(m.InFlight)*(m.Arena+m.Staging) }

// Memory says what the net holds.
func (n *Net) Memory() Memory {
	m := Memory{Weights: n.weights.bytes, Arena: n.slots[0].arena.bytes, Peak: n.peak, InFlight: len(n.slots)}
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

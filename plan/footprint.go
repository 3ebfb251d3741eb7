package plan

// Footprint is what a net holds of its device's memory, in bytes. It is all taken
// when it is loaded; runs take no more.
type Footprint struct {
	Weights  int64 // packed, in one buffer
	Arena    int64 // the tensors of one batch, in one buffer: Layout's Bytes
	Peak     int64 // of it, tensors and scratch alive at the fullest step: Layout's Peak
	Staging  int64 // copies to and from the device; 0 where the host sees the arena
	InFlight int   // arenas and staging buffers
}

// Total returns the sum of all buffers.
func (f Footprint) Total() int64 { return f.Weights + int64(f.InFlight)*(f.Arena+f.Staging) }

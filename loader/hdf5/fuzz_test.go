package hdf5

import "testing"

// FuzzOpen reads all of any file, at the half of them past checksums, which
// few damaged files would pass. A large corpus wants -fuzzminimizetime=10x.
func FuzzOpen(f *testing.F) {
	for _, b := range corpus(f, ".h5") {
		if len(b) <= 64<<10 {
			f.Add(b, true)
			f.Add(b, false)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, unverified bool) {
		requireHarmless(t, b, unverified, 1<<30, "%d bytes", len(b))
	})
}

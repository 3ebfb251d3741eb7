package hdf5

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/hostile"
)

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
		hostile.Within(t, len(b), func() {
			for _, err := range visit(b, unverified).errs {
				require.True(t, declared(err), "%v", err)
			}
		})
	})
}

package hdf5

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/hostile"
)

// maxSeedBytes keeps the seeds small, on which the speed of fuzzing depends.
const maxSeedBytes = 64 << 10

// seeds returns the files that are there for a few features each, and of those
// of the matrix the smallest ones that have all features between them.
func seeds(f *testing.F) map[string][]byte {
	files, expectations := corpus(f, ".h5"), corpus(f, ".json")
	names := slices.SortedFunc(maps.Keys(files), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(files[a]), len(files[b])), cmp.Compare(a, b))
	})
	seeds := map[string][]byte{}
	shown := map[string]bool{}
	for _, name := range names {
		wanted := !strings.HasPrefix(name, "matrix_")
		// Features are the only strings of an expectation that claims has.
		var want any
		require.NoError(f, json.Unmarshal(expectations[name], &want))
		eachString(want, func(s string) {
			if _, ok := claims[s]; ok && !shown[s] {
				shown[s], wanted = true, true
			}
		})
		if wanted && len(files[name]) <= maxSeedBytes {
			seeds[name] = files[name]
		}
	}
	return seeds
}

// eachString calls f with every string in decoded JSON.
func eachString(v any, f func(string)) {
	switch v := v.(type) {
	case string:
		f(v)
	case []any:
		for _, element := range v {
			eachString(element, f)
		}
	case map[string]any:
		for _, element := range v {
			eachString(element, f)
		}
	}
}

// FuzzOpen reads all of any file, at the half of them past checksums, which
// few damaged files would pass. A large corpus wants -fuzzminimizetime=10x.
func FuzzOpen(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b, true)
		f.Add(b, false)
	}
	f.Fuzz(func(t *testing.T, b []byte, unverified bool) {
		hostile.Within(t, len(b), func() {
			for _, err := range visit(b, unverified).errs {
				require.True(t, declared(err), "%v", err)
			}
		})
	})
}

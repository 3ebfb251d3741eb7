package hdf5

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// limits of what visiting a file tries: cycles of hard links are legal, and a
// shape is only a claim.
const (
	maxVisits   = 400
	maxElements = 1 << 17
)

// visitor reads everything in a file, whatever fails on the way.
type visitor struct {
	visits int
	errs   []error
}

func (v *visitor) note(err error) {
	if err != nil {
		v.errs = append(v.errs, err)
	}
}

func (v *visitor) attrs(names []string, attr func(string) (*Attr, error)) {
	for _, name := range names {
		a, err := attr(name)
		if v.note(err); err != nil {
			continue
		}
		_, err = a.Strings()
		if errors.Is(err, ErrUnsupported) {
			_, err = a.Float64s()
		}
		v.note(err)
	}
}

func (v *visitor) group(g *Group, depth int) {
	v.attrs(g.AttrNames(), g.Attr)
	for _, name := range g.Names() {
		if v.visits++; v.visits > maxVisits {
			return
		}
		if g.IsGroup(name) {
			child, err := g.Group(name)
			if v.note(err); err == nil && depth < 8 {
				v.group(child, depth+1)
			}
			continue
		}
		d, err := g.Dataset(name)
		if v.note(err); err != nil {
			continue
		}
		v.attrs(d.attrNames(), d.Attr)
		if d.space.elements <= maxElements {
			v.note(d.ReadFloat32(make([]float32, d.space.elements)))
			if begin := d.Parts(); begin != nil && d.space.elements > 0 {
				v.note(begin()(make([]float32, 1), int(d.space.elements)-1))
			}
		}
	}
}

// visit opens a file and reads everything in it, past checksums if unverified.
func visit(b []byte, unverified bool) visitor {
	var v visitor
	f := &File{r: bytes.NewReader(b), size: uint64(len(b)), unverified: unverified}
	if err := f.open(); err != nil {
		v.note(err)
		return v
	}
	v.group(f.Root(), 0)
	return v
}

// requireHarmless visits a damaged file within bounds of memory and time, and
// accepts errors of the declared classes alone.
func requireHarmless(t *testing.T, b []byte, unverified bool, maxBytes uint64, label string, args ...any) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	v := visit(b, unverified)
	elapsed := time.Since(start)
	runtime.ReadMemStats(&after)
	args = append([]any{label}, args...)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, maxBytes, args...)
	require.Less(t, elapsed, 5*time.Second, args...)
	for _, err := range v.errs {
		if !declared(err) {
			require.NoError(t, err, args...)
		}
	}
}

// declared reports whether an error is of one of the package's classes.
func declared(err error) bool {
	return errors.Is(err, ErrFormat) || errors.Is(err, ErrUnsupported) || errors.Is(err, ErrNotFound)
}

// allowance is how much visiting a damaged copy may allocate in all.
func allowance(b []byte) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	visit(b, false)
	runtime.ReadMemStats(&after)
	return 2*(after.TotalAlloc-before.TotalAlloc) + 32<<20
}

// damages is how many copies of a file are damaged: of the matrix's, where each
// feature is in many files, few of each.
func damages(name string) int {
	n := 150
	if strings.HasPrefix(name, "matrix_") {
		n = 10
	}
	if testing.Short() {
		n /= 5
	}
	return n
}

func TestTruncatedFilesAreRefused(t *testing.T) {
	for name, b := range corpus(t, ".h5") {
		t.Run(name, func(t *testing.T) {
			most := allowance(b)
			_, whole := openBytes(b)
			for i := range damages(name) {
				// Most of them near the front, where each byte is metadata.
				n := min(i*7, len(b)-1)
				if i%2 == 0 {
					n = (len(b) - 1) * i / damages(name)
				}
				cut := b[:n:n]
				_, err := openBytes(cut)
				if whole == nil {
					require.ErrorIs(t, err, ErrFormat, "%d bytes", n)
				}
				require.Error(t, err, "%d bytes", n)
				requireHarmless(t, cut, true, most, "%d bytes", n)
			}
		})
	}
}

func TestFlippedBytesDoNoHarm(t *testing.T) {
	for name, b := range corpus(t, ".h5") {
		t.Run(name, func(t *testing.T) {
			most := allowance(b)
			random := rand.New(rand.NewPCG(1, uint64(len(b))))
			metadata := metadataBytes(b)
			for i := range damages(name) {
				damaged := bytes.Clone(b)
				at := metadata[random.IntN(len(metadata))]
				if i%2 == 0 {
					damaged[at] ^= 1 << random.IntN(8)
				} else {
					damaged[at] = []byte{0, 1, 0x7f, 0x80, 0xff}[random.IntN(5)]
				}
				requireHarmless(t, damaged, i%3 != 0, most, "byte %d is %#x", at, damaged[at])
			}
		})
	}
}

// metadataBytes returns where in a file structures are likely: within 64 bytes
// of anything that is not zero and was not repeated.
func metadataBytes(b []byte) []int {
	var at []int
	for i := range b {
		near := b[max(0, i-8):min(len(b), i+8)]
		if bytes.Count(near, []byte{0}) < len(near) && bytes.Count(near, []byte("x")) < 8 {
			at = append(at, i)
		}
	}
	return at
}

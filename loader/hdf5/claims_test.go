package hdf5

import (
	"bytes"
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// le returns values one after the other, little-endian.
func le(values ...any) []byte {
	var b []byte
	for _, v := range values {
		b, _ = binary.Append(b, binary.LittleEndian, v)
	}
	return b
}

// replaced returns a copy of b with every find replaced, which must be there.
func replaced(t *testing.T, b, find, by []byte) []byte {
	require.Len(t, by, len(find))
	require.True(t, bytes.Contains(b, find), "no % x", find)
	return bytes.ReplaceAll(b, find, by)
}

// openUnverified opens a file whatever its checksums.
func openUnverified(t *testing.T, b []byte) *File {
	f := &File{r: bytes.NewReader(b), size: uint64(len(b)), unverified: true}
	require.NoError(t, f.open())
	return f
}

func TestFalseClaimsAboutChunksAreRefused(t *testing.T) {
	files := corpus(t, ".h5")
	// Of a chunk in a version 1 B-tree: its bytes, filter mask and coordinates.
	key := func(size uint32, row uint64) []byte { return le(size, uint32(0), row, uint64(0), uint64(0)) }
	chunkDims := func(rows uint32) []byte { return le(rows, uint32(4), uint32(4)) }
	for _, test := range []struct {
		claim, file, dataset string
		find, by             []byte
		message              string
	}{
		{"a chunk of 16 GiB", "chunked_earliest", "plain_2d", chunkDims(8), chunkDims(1 << 30), "chunks of"},
		{"a chunk of 512 MiB", "chunked_earliest", "gzip_2d", chunkDims(8), chunkDims(1 << 25), "chunks of"},
		{"a chunk of 16 MiB from few bytes", "chunked_earliest", "gzip_2d", chunkDims(8), chunkDims(1 << 20), "stored in"},
		{"a chunk of no rows", "chunked_earliest", "plain_2d", chunkDims(8), chunkDims(0), "chunks of"},
		{"a chunk that is there twice", "chunked_earliest", "plain_2d", key(128, 8), key(128, 0), "twice"},
		{"a chunk at an odd place", "chunked_earliest", "plain_2d", key(128, 8), key(128, 7), "at element 7"},
		{"a chunk stored in too few bytes", "chunked_earliest", "plain_2d", key(128, 8), key(64, 8), "stored in 64"},
		{"a chunk longer than its stream", "single_chunks", "gzip", []byte{3, 1, 6, 5, 4}, []byte{3, 1, 12, 5, 4}, "deflate"},
		{"a chunk shorter than its stream", "single_chunks", "gzip", []byte{3, 1, 6, 5, 4}, []byte{3, 1, 3, 5, 4}, "more data"},
		{"elements of two bytes", "single_chunks", "plain", []byte{3, 1, 6, 5, 4}, []byte{3, 1, 6, 5, 2}, "chunks of"},
	} {
		t.Run(test.claim, func(t *testing.T) {
			f := openUnverified(t, replaced(t, files[test.file], test.find, test.by))
			d, err := f.Root().Dataset(test.dataset)
			require.NoError(t, err)
			dst := make([]float32, d.space.elements)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err = d.ReadFloat32(dst)
			runtime.ReadMemStats(&after)
			require.ErrorIs(t, err, ErrFormat)
			require.ErrorContains(t, err, test.message)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
		})
	}
}

func TestADamagedChunkFailsItsChecksum(t *testing.T) {
	b := corpus(t, ".h5")["chunked_earliest"]
	row := func(first float32) []byte { return le([]float32{first, 1, 2, 3}) }
	f := openUnverified(t, replaced(t, b, row(0), row(50)))
	dst := make([]float32, 21*10)

	plain, err := f.Root().Dataset("plain_2d")
	require.NoError(t, err)
	require.NoError(t, plain.ReadFloat32(dst), "nothing protects this one")
	require.Equal(t, float32(50), dst[0])

	summed, err := f.Root().Dataset("fletcher32_2d")
	require.NoError(t, err)
	err = summed.ReadFloat32(dst)
	require.ErrorIs(t, err, ErrFormat)
	require.ErrorContains(t, err, "checksum")
}

func TestAShapeIsNoReasonToAllocate(t *testing.T) {
	b := corpus(t, ".h5")["latest"]
	shape := []uint64{2, 3, 4, 5}
	claimed := []uint64{1 << 20, 1 << 10, 1 << 5, 1 << 5}
	f := openUnverified(t, replaced(t, b, le(shape), le(claimed)))
	d, err := f.Root().Dataset("shapes/below/three/four_dimensions")
	require.NoError(t, err)
	require.Equal(t, []int{1 << 20, 1 << 10, 1 << 5, 1 << 5}, d.Shape())
	require.Error(t, d.ReadFloat32(nil))

	overflowing := []uint64{1 << 40, 1 << 40, 1 << 40, 1 << 40}
	f = openUnverified(t, replaced(t, b, le(shape), le(overflowing)))
	_, err = f.Root().Dataset("shapes/below/three/four_dimensions")
	require.ErrorIs(t, err, ErrFormat)
}

func TestCyclesOfNodesAreRefused(t *testing.T) {
	b := slices.Clone(corpus(t, ".h5")["many_links_earliest"])
	root := bytes.Index(b, []byte("TREE\x00\x01"))
	require.Positive(t, root)
	const firstChild = 8 + 2*8 + 8 // behind the head and the first key
	binary.LittleEndian.PutUint64(b[root+firstChild:], uint64(root))
	_, err := openBytes(b)
	require.ErrorIs(t, err, ErrFormat)
	require.ErrorContains(t, err, "cycle")
}

func TestSoftAndExternalLinksAreNamedButNotFollowed(t *testing.T) {
	f, err := openBytes(corpus(t, ".h5")["refused"])
	require.NoError(t, err)
	for _, g := range []string{"", "latest"} {
		group, err := f.Root().Group(g)
		require.NoError(t, err)
		for _, name := range []string{"soft", "external"} {
			require.Contains(t, group.Names(), name)
			require.True(t, group.Has(name))
			require.False(t, group.IsGroup(name))
			_, err := group.Dataset(name)
			require.ErrorIs(t, err, ErrUnsupported)
		}
	}
}

func TestOtherFilesAreNotHDF5(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty":     {},
		"short":     []byte("\x89HDF"),
		"text":      bytes.Repeat([]byte("no signature "), 1000),
		"signature": []byte(signature),
		"zip":       []byte("PK\x03\x04 and more"),
	} {
		_, err := openBytes(b)
		require.ErrorIs(t, err, ErrFormat, name)
	}
	_, err := Open(bytes.NewReader(nil), -1)
	require.ErrorIs(t, err, ErrFormat)
	_, err = Open(bytes.NewReader(nil), math.MaxInt64)
	require.Error(t, err)
}

// The values are those that lookup3.c itself names (driver5).
func TestLookup3HashesAsItsAuthorsProgram(t *testing.T) {
	require.Equal(t, uint32(0xdeadbeef), lookup3(nil))
	require.Equal(t, uint32(0x17770551), lookup3([]byte("Four score and seven years ago")))
}

func TestFletcher32OfAKnownText(t *testing.T) {
	// Words 0x6162 and 0x6364: their sum is 0xc4c6, 0x6162 + 0xc4c6 is 0x2629 mod 0xffff.
	require.Equal(t, uint32(0x2629c4c6), fletcher32([]byte("abcd")))
	require.Equal(t, uint32(0), fletcher32(nil))
}

func TestLZFExpandsLiteralsAndRepetitions(t *testing.T) {
	for _, test := range []struct{ stream, want string }{
		{"\x02abc", "abc"},
		{"\x02abc\x80\x02", "abcabcabc"}, // 6 bytes from 3 back
		{"\x00x\xe0\xff\x00", strings.Repeat("x", 265)},
	} {
		got := make([]byte, len(test.want))
		require.NoError(t, expandLZF(got, []byte(test.stream)))
		require.Equal(t, test.want, string(got))
		require.Error(t, expandLZF(got[1:], []byte(test.stream)), "it is longer")
		require.Error(t, expandLZF(append(got, 0), []byte(test.stream)), "it is shorter")
	}
	for _, broken := range []string{"", "\x02ab", "\x80", "\xe0", "\xe0\x00", "\x02abc\x80", "\x00a\x20\x01"} {
		require.Error(t, expandLZF(make([]byte, 9), []byte(broken)), "%q", broken)
	}
}

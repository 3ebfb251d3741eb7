package validate

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/hostile"
	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/nn"
)

// arrays.npz and output.npy were written by NumPy: numpy.savez_compressed of
// arange(6) / 4 - 0.5 as float16, float32 and float64, numpy.save of arange(4).
var quarters = []float32{-0.5, -0.25, 0, 0.25, 0.5, 0.75}

func TestWhatNumPyWritesIsRead(t *testing.T) {
	b := nn.NewBuilder("none")
	g, err := b.Graph(b.Add("out", &nn.Identity{}, b.Input("in", nn.Shape{2})))
	require.NoError(t, err)
	a, err := OpenArrays(t.Context(), "testdata/arrays.npz", g)
	require.NoError(t, err)
	require.Equal(t, "arrays.npz", a.String())
	require.Len(t, a.Tensors, 3)
	for name, shape := range map[string]nn.Shape{"half": {1, 2, 3}, "base/single": {2, 3}, "double:1": {6}} {
		require.Equal(t, shape, a.Tensors[name].Shape)
		require.Equal(t, quarters, a.Tensors[name].Data)
	}
	a, err = OpenArrays(t.Context(), "testdata/output.npy", g)
	require.NoError(t, err)
	require.Equal(t, map[string]*nn.Tensor{"out": {Shape: nn.Shape{2, 2}, Data: []float32{0, 1, 2, 3}}}, a.Tensors)
	x, err := OpenArray(t.Context(), "testdata/output.npy")
	require.NoError(t, err)
	require.Equal(t, nn.Shape{2, 2}, x.Shape)

	two, err := b.Graph(g.Nodes[0], g.Nodes[1])
	require.NoError(t, err)
	_, err = OpenArrays(t.Context(), "testdata/output.npy", two)
	require.ErrorContains(t, err, "one array for a model of 2 outputs")
	_, err = OpenArrays(t.Context(), "testdata/none.npz", g)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = OpenArray(t.Context(), "testdata/none.npy")
	require.ErrorIs(t, err, os.ErrNotExist)
}

// arrayFile returns a .npy file with that header and body.
func arrayFile(header string, body ...byte) []byte {
	b := append([]byte(npy.Magic), 1, 0, byte(len(header)), byte(len(header)>>8))
	return append(append(b, header...), body...)
}

func headerOf(descr, order, shape string) string {
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }\n", descr, order, shape)
}

func TestFilesThatAreNoArraysAreRefusedInOneLine(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		why  string
	}{
		"nothing":            {nil, "ends within its first bytes"},
		"text":               {[]byte("hello, this is text"), `begins with "hello,"`},
		"cut short":          {arrayFile(headerOf("<f4", "False", "2,"), 0, 0, 0, 0), "it ends before its array of shape (2,) does"},
		"longer":             {arrayFile(headerOf("<f4", "False", "1,"), 0, 0, 0, 0, 0), "1 bytes follow"},
		"integers":           {arrayFile(headerOf("<i8", "False", "1,"), make([]byte, 8)...), `found dtype "<i8"`},
		"Fortran order":      {arrayFile(headerOf("<f4", "True", "1,"), 0, 0, 0, 0), "ascontiguousarray"},
		"no shape":           {arrayFile("{'descr': '<f4', 'fortran_order': False}\n"), "without type, order or shape"},
		"an absurd shape":    {arrayFile(headerOf("<f4", "False", "4000000000, 4000000000, 4000000000")), "not a .npz or .npy"},
		"a claim of much":    {arrayFile(headerOf("<f8", "False", "2000000000"), 1, 2, 3), "ends before"},
		"a number too large": {arrayFile(headerOf("<f4", "False", "99999999999999999999999")), "the shape"},
		"many axes":          {arrayFile(headerOf("<f4", "False", strings.Repeat("1,", 65))), "the shape"},
		"a later version":    {append([]byte(npy.Magic), 9, 0, 1, 0, 0, 0), "version 9.0"},
		"an endless header":  {append([]byte(npy.Magic), 2, 0, 0xff, 0xff, 0xff, 0xff), "4294967295 bytes"},
		"half a header":      {arrayFile(headerOf("<f4", "False", "1,"))[:20], "within its header"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadArray(bytes.NewReader(c.file))
			require.ErrorIs(t, err, ErrArrays)
			require.ErrorContains(t, err, c.why)
		})
	}
}

// npzFile returns a .npz file of these entries.
func npzFile(t testing.TB, entries ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for range entries {
		f, err := w.Create("same.npy")
		require.NoError(t, err)
		_, err = f.Write(entries[0])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestArchivesThatAreNotSoundAreRefused(t *testing.T) {
	one := arrayFile(headerOf("<f4", "False", "1,"), 0, 0, 128, 63)
	file := npzFile(t, one)
	a, err := ReadArrays(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	require.Equal(t, []float32{1}, a.Tensors["same"].Data)

	twice := npzFile(t, one, one)
	_, err = ReadArrays(bytes.NewReader(twice), int64(len(twice)))
	require.ErrorContains(t, err, `"same.npy" is twice in the archive`)

	at := bytes.Index(file, []byte{0, 0, 128, 63})
	if at < 0 { // the entry is compressed
		at = bytes.Index(file, []byte("same.npy")) + len("same.npy") + 8
	}
	broken := bytes.Clone(file)
	broken[at] ^= 1
	_, err = ReadArrays(bytes.NewReader(broken), int64(len(broken)))
	require.ErrorIs(t, err, ErrArrays)

	name := filepath.Join(t.TempDir(), "x.npz")
	require.NoError(t, os.WriteFile(name, []byte("PK no more"), 0o644))
	_, err = OpenArrays(t.Context(), name, nil)
	require.ErrorIs(t, err, ErrArrays)
	require.ErrorContains(t, err, name)
}

func TestAnArchiveThatUnpacksToMoreThanItsSizeAllowsIsRefused(t *testing.T) {
	bomb := npzFile(t, append(arrayFile(headerOf("<f4", "False", "100000000,")), make([]byte, 1<<20)...))
	hostile.Within(t, len(bomb), func() {
		_, err := ReadArrays(bytes.NewReader(bomb), int64(len(bomb)))
		require.ErrorIs(t, err, ErrArrays)
		require.ErrorContains(t, err, `array "same"`)
		require.ErrorContains(t, err, "100000000 elements, with those of other arrays too many for the file's size")
	})
	// A claim of what the size allows is believed and found wrong.
	hollow := npzFile(t, append(arrayFile(headerOf("<f4", "False", "30000000,")), make([]byte, 1<<20)...))
	hostile.Within(t, len(hollow), func() {
		_, err := ReadArrays(bytes.NewReader(hollow), int64(len(hollow)))
		require.ErrorContains(t, err, "it ends before its array of shape (30000000,) does")
	})
}

func FuzzReadArrays(f *testing.F) {
	file, err := os.ReadFile("testdata/arrays.npz")
	require.NoError(f, err)
	f.Add(file)
	f.Add(arrayFile(headerOf("<f4", "False", "1,"), binary.LittleEndian.AppendUint32(nil, 7)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, read := range []func() error{
			func() error { _, err := ReadArrays(bytes.NewReader(b), int64(len(b))); return err },
			func() error { _, err := ReadArray(bytes.NewReader(b)); return err },
		} {
			hostile.Within(t, len(b), func() {
				if err := read(); err != nil {
					require.ErrorIs(t, err, ErrArrays)
				}
			})
		}
	})
}

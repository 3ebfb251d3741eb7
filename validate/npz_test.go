package validate

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
)

// arrays.npz and output.npy were written by NumPy: numpy.savez_compressed of
// arange(6) / 4 - 0.5 as float16, float32 and float64, numpy.save of arange(4).
var quarters = []float32{-0.5, -0.25, 0, 0.25, 0.5, 0.75}

func TestWhatNumPyWritesIsRead(t *testing.T) {
	b := nn.NewBuilder("none")
	g, err := b.Graph(b.Add("out", &nn.Identity{}, b.Input("in", nn.Shape{2})))
	require.NoError(t, err)
	a, err := OpenArrays("testdata/arrays.npz", g)
	require.NoError(t, err)
	require.Equal(t, "arrays.npz", a.String())
	require.Len(t, a.Tensors, 3)
	for name, shape := range map[string]nn.Shape{"half": {1, 2, 3}, "base/single": {2, 3}, "double:1": {6}} {
		require.Equal(t, shape, a.Tensors[name].Shape)
		require.Equal(t, quarters, a.Tensors[name].Data)
	}
	a, err = OpenArrays("testdata/output.npy", g)
	require.NoError(t, err)
	require.Equal(t, map[string]*nn.Tensor{"out": {Shape: nn.Shape{2, 2}, Data: []float32{0, 1, 2, 3}}}, a.Tensors)
	x, err := OpenArray("testdata/output.npy")
	require.NoError(t, err)
	require.Equal(t, nn.Shape{2, 2}, x.Shape)

	two, err := b.Graph(g.Nodes[0], g.Nodes[1])
	require.NoError(t, err)
	_, err = OpenArrays("testdata/output.npy", two)
	require.ErrorContains(t, err, "one array for a model of 2 outputs")
	_, err = OpenArrays("testdata/none.npz", g)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = OpenArray("testdata/none.npy")
	require.ErrorIs(t, err, os.ErrNotExist)
}

// npy returns a .npy file with that header and body.
func npy(header string, body ...byte) []byte {
	b := append([]byte(npyMagic), 1, 0, byte(len(header)), byte(len(header)>>8))
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
		"nothing":            {nil, "does not begin"},
		"text":               {[]byte("hello, this is text"), "does not begin"},
		"cut short":          {npy(headerOf("<f4", "False", "2,"), 0, 0, 0, 0), "ends before its 2 elements do"},
		"longer":             {npy(headerOf("<f4", "False", "1,"), 0, 0, 0, 0, 0), "1 bytes follow"},
		"integers":           {npy(headerOf("<i8", "False", "1,"), make([]byte, 8)...), "found dtype <i8"},
		"Fortran order":      {npy(headerOf("<f4", "True", "1,"), 0, 0, 0, 0), "ascontiguousarray"},
		"no shape":           {npy("{'descr': '<f4', 'fortran_order': False}\n"), "without type, order or shape"},
		"an absurd shape":    {npy(headerOf("<f4", "False", "4000000000, 4000000000, 4000000000")), "not a .npz or .npy"},
		"a claim of much":    {npy(headerOf("<f8", "False", "2000000000"), 1, 2, 3), "ends before"},
		"a number too large": {npy(headerOf("<f4", "False", "99999999999999999999999")), "the shape"},
		"many axes":          {npy(headerOf("<f4", "False", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1")), "the shape"},
		"a later version":    {append([]byte(npyMagic), 9, 0, 1, 0, 0, 0), "version 9.0"},
		"an endless header":  {append([]byte(npyMagic), 2, 0, 0xff, 0xff, 0xff, 0xff), "4294967295 bytes"},
		"half a header":      {npy(headerOf("<f4", "False", "1,"))[:20], "within the header"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadArray(bytes.NewReader(c.file))
			require.ErrorIs(t, err, ErrArrays)
			require.ErrorContains(t, err, c.why)
		})
	}
}

// archive returns a .npz file of these entries.
func archive(t testing.TB, entries ...[]byte) []byte {
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
	one := npy(headerOf("<f4", "False", "1,"), 0, 0, 128, 63)
	file := archive(t, one)
	a, err := ReadArrays(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	require.Equal(t, []float32{1}, a.Tensors["same"].Data)

	twice := archive(t, one, one)
	_, err = ReadArrays(bytes.NewReader(twice), int64(len(twice)))
	require.ErrorContains(t, err, `array "same" is there twice`)

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
	_, err = OpenArrays(name, nil)
	require.ErrorIs(t, err, ErrArrays)
	require.ErrorContains(t, err, name)
}

func FuzzReadArrays(f *testing.F) {
	file, err := os.ReadFile("testdata/arrays.npz")
	require.NoError(f, err)
	f.Add(file)
	f.Add(npy(headerOf("<f4", "False", "1,"), binary.LittleEndian.AppendUint32(nil, 7)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, err := range []error{
			func() error { _, err := ReadArrays(bytes.NewReader(b), int64(len(b))); return err }(),
			func() error { _, err := ReadArray(bytes.NewReader(b)); return err }(),
		} {
			if err != nil {
				require.ErrorIs(t, err, ErrArrays)
			}
		}
	})
}

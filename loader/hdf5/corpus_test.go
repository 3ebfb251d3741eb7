package hdf5

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// corpusPath is written by tools/keras/hdf5_corpus.py, which describes it.
const corpusPath = "testdata/corpus.zip"

// expectation is what h5py read in a file of the corpus.
type expectation struct {
	Groups map[string]struct {
		Names []string
		Attrs map[string]expectedAttr
	}
	Datasets map[string]struct {
		Shape   []int
		Type    string
		Float32 string
		Attrs   map[string]expectedAttr
	}
	Refused map[string]string
}

type expectedAttr struct {
	Shape   []int
	Null    bool
	Strings []string
	Float64 []float64
}

// corpus returns the entries of the corpus with this ending, without it.
func corpus(t testing.TB, ending string) map[string][]byte {
	archive, err := zip.OpenReader(corpusPath)
	require.NoError(t, err)
	defer archive.Close()
	entries := map[string][]byte{}
	for _, entry := range archive.File {
		name, ok := strings.CutSuffix(entry.Name, ending)
		if !ok {
			continue
		}
		r, err := entry.Open()
		require.NoError(t, err)
		b, err := io.ReadAll(r)
		require.NoError(t, err)
		entries[name] = b
	}
	require.NotEmpty(t, entries)
	return entries
}

func openBytes(b []byte) (*File, error) { return Open(bytes.NewReader(b), int64(len(b))) }

func TestFilesReadAsH5pyReadsThem(t *testing.T) {
	expectations := corpus(t, ".json")
	for name, b := range corpus(t, ".h5") {
		t.Run(name, func(t *testing.T) {
			var want expectation
			require.NoError(t, json.Unmarshal(expectations[name], &want))
			f, err := openBytes(b)
			require.NoError(t, err)
			for at, group := range want.Groups {
				g, err := f.Root().Group(at)
				require.NoError(t, err)
				require.Equal(t, at, g.Path())
				require.Equal(t, group.Names, append([]string{}, g.Names()...), at)
				require.Equal(t, slices.Sorted(maps.Keys(group.Attrs)), g.AttrNames(), at)
				requireAttrs(t, group.Attrs, g.Attr)
			}
			for at, dataset := range want.Datasets {
				d, err := f.Root().Dataset(at)
				require.NoError(t, err)
				require.Equal(t, at, d.Path())
				require.Equal(t, dataset.Shape, append([]int{}, d.Shape()...), at)
				require.Equal(t, dataset.Type, d.Type().String(), at)
				requireAttrs(t, dataset.Attrs, d.Attr)
				requireValues(t, dataset.Float32, d)
			}
		})
	}
}

func requireAttrs(t *testing.T, want map[string]expectedAttr, attr func(string) (*Attr, error)) {
	for name, expected := range want {
		a, err := attr(name)
		require.NoError(t, err, name)
		require.Equal(t, name, a.Name())
		require.Equal(t, expected.Shape, append([]int{}, a.Shape()...), name)
		require.Equal(t, expected.Null, a.IsNull(), name)
		if expected.Float64 == nil {
			got, err := a.Strings()
			require.NoError(t, err, name)
			require.Equal(t, expected.Strings, got, name)
		}
		if expected.Strings == nil {
			got, err := a.Float64s()
			require.NoError(t, err, name)
			require.Equal(t, expected.Float64, got, name)
		}
		if len(expected.Strings) == 1 {
			got, err := a.Text()
			require.NoError(t, err, name)
			require.Equal(t, expected.Strings[0], got, name)
		}
	}
}

func requireValues(t *testing.T, want string, d *Dataset) {
	raw, err := base64.StdEncoding.DecodeString(want)
	require.NoError(t, err)
	got := make([]float32, len(raw)/4)
	for i := range got {
		got[i] = -12345 // what is not written over shows
	}
	require.NoError(t, d.ReadFloat32(got))
	for i, v := range got {
		expected := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		if math.IsNaN(float64(expected)) {
			require.True(t, math.IsNaN(float64(v)), "%s[%d] is %v", d.Path(), i, v)
			continue
		}
		require.Equal(t, math.Float32bits(expected), math.Float32bits(v), "%s[%d] is %v, not %v", d.Path(), i, v, expected)
	}
}

func TestWhatIsNotReadIsRefusedByName(t *testing.T) {
	var want expectation
	require.NoError(t, json.Unmarshal(corpus(t, ".json")["refused"], &want))
	require.NotEmpty(t, want.Refused)
	f, err := openBytes(corpus(t, ".h5")["refused"])
	require.NoError(t, err)
	for at, word := range want.Refused {
		t.Run(path.Base(at), func(t *testing.T) {
			d, err := f.Root().Dataset(at)
			if err == nil {
				err = d.ReadFloat32(make([]float32, d.space.elements))
			}
			require.ErrorIs(t, err, ErrUnsupported)
			require.ErrorContains(t, err, word)
			require.ErrorContains(t, err, at)
		})
	}
}

func TestPathsAndNamesThatAreAbsent(t *testing.T) {
	f, err := openBytes(corpus(t, ".h5")["earliest"])
	require.NoError(t, err)
	root := f.Root()
	require.Equal(t, "/", root.Path())

	for _, there := range []string{"", "/", "types", "shapes/below", "shapes/below/three/one", "/types/"} {
		require.True(t, root.Has(there), there)
	}
	for _, absent := range []string{"nothing", "types/nothing", "nothing/one", "shapes/below/three/one/more"} {
		require.False(t, root.Has(absent), absent)
		require.False(t, root.IsGroup(absent), absent)
		_, err := root.Dataset(absent)
		require.ErrorIs(t, err, ErrNotFound, absent)
		_, err = root.Group(absent)
		require.ErrorIs(t, err, ErrNotFound, absent)
	}
	require.True(t, root.IsGroup("shapes/below/three"))
	require.False(t, root.IsGroup("shapes/below/three/one"))
	_, err = root.Group("shapes/below/three/one")
	require.ErrorIs(t, err, ErrNotFound)
	_, err = root.Dataset("shapes/below")
	require.ErrorIs(t, err, ErrNotFound)
	_, err = root.Dataset("")
	require.ErrorIs(t, err, ErrNotFound)
	_, err = root.Attr("nothing")
	require.ErrorIs(t, err, ErrNotFound)
}

func TestReadingAsAnotherTypeOrSizeIsRefused(t *testing.T) {
	f, err := openBytes(corpus(t, ".h5")["latest"])
	require.NoError(t, err)
	d, err := f.Root().Dataset("kernel:0")
	require.ErrorIs(t, err, ErrNotFound)
	require.Nil(t, d)
	d, err = f.Root().Dataset("shapes/below/three/kernel:0")
	require.NoError(t, err)
	require.ErrorContains(t, d.ReadFloat32(make([]float32, 71)), "72 elements")

	g, err := f.Root().Group("attributes")
	require.NoError(t, err)
	number, err := g.Attr("number")
	require.NoError(t, err)
	_, err = number.Strings()
	require.ErrorIs(t, err, ErrUnsupported)
	names, err := g.Attr("names_variable")
	require.NoError(t, err)
	_, err = names.Float64s()
	require.ErrorIs(t, err, ErrUnsupported)
	_, err = names.Text()
	require.ErrorIs(t, err, ErrUnsupported)
}

func TestDatasetsOfOneFileReadConcurrently(t *testing.T) {
	f, err := openBytes(corpus(t, ".h5")["fixed_arrays"])
	require.NoError(t, err)
	names := []string{"pages", "pages_gzip", "all_2d", "kernel:0"}
	read := func(name string) ([]float32, error) {
		d, err := f.Root().Dataset(name)
		if err != nil {
			return nil, err
		}
		values := make([]float32, d.space.elements)
		return values, d.ReadFloat32(values)
	}
	alone := map[string][]float32{}
	for _, name := range names {
		alone[name], err = read(name)
		require.NoError(t, err)
	}
	var group errgroup.Group
	for i := range 32 {
		name := names[i%len(names)]
		group.Go(func() error {
			values, err := read(name)
			if err == nil && !slices.Equal(values, alone[name]) {
				err = fmt.Errorf("%s reads otherwise", name)
			}
			return err
		})
	}
	require.NoError(t, group.Wait())
}

package hdf5

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// corpusPath is written by tools/keras/hdf5_corpus, which describes it.
const corpusPath = "testdata/corpus.zip"

// expectation is what h5py read in a file of the corpus.
type expectation struct {
	Features []string
	Opens    bool
	Groups   map[string]struct {
		Names, Features []string
		Attrs           map[string]expectedAttr
	}
	Datasets map[string]expectedDataset
	Aliases  map[string]string // to datasets by their first paths
	Cycles   map[string]string // to groups above
	Links    map[string]string
	Types    []string
}

type expectedDataset struct {
	Shape             []int
	Type              string // "" where the elements are no numbers that are read
	Float32           []byte
	Void              bool // h5py does not read it
	Unstored          bool
	Features, Storage []string
	Attrs             map[string]expectedAttr
}

type expectedAttr struct {
	Shape       []int
	Null, Empty bool
	Strings     [][]byte
	Float64     []byte
	Features    []string
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

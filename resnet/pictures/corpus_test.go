package pictures

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/sbinet/npyio"
	"github.com/stretchr/testify/require"
)

// corpus is testdata/corpus.zip, which tools/keras/pictures_corpus.py writes.
type corpus map[string][]byte

func openCorpus(t testing.TB) corpus {
	t.Helper()
	z, err := zip.OpenReader(filepath.Join("testdata", "corpus.zip"))
	require.NoError(t, err)
	defer z.Close()
	c := corpus{}
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		c[f.Name] = data
	}
	return c
}

// names returns the entries below a folder, without the folder's name.
func (c corpus) names(folder string) []string {
	var names []string
	for name := range c {
		if rest, ok := strings.CutPrefix(name, folder+"/"); ok {
			names = append(names, rest)
		}
	}
	sort.Strings(names)
	return names
}

func (c corpus) file(t testing.TB, name string) []byte {
	t.Helper()
	require.Contains(t, c, "files/"+name)
	return bytes.Clone(c["files/"+name])
}

// picture returns an expected array of shape (height, width, 3).
func (c corpus) picture(t testing.TB, name string) *RGB {
	t.Helper()
	p := &RGB{}
	var shape []int
	p.Pix, shape = array[byte](t, c, name)
	require.Len(t, shape, 3, name)
	require.Equal(t, 3, shape[2], name)
	p.Height, p.Width = shape[0], shape[1]
	return p
}

func array[T byte | float32](t testing.TB, c corpus, name string) (values []T, shape []int) {
	t.Helper()
	require.Contains(t, c, name+".npy")
	r, err := npyio.NewReader(bytes.NewReader(c[name+".npy"]))
	require.NoError(t, err, name)
	require.False(t, r.Header.Descr.Fortran, name)
	require.NoError(t, r.Read(&values), name)
	return values, r.Header.Descr.Shape
}

func demoPicture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "demo", "pictures", name))
	require.NoError(t, err)
	return data
}

// distance is how far two pictures are apart, in levels.
type distance struct {
	most int
	mean float64
}

func distanceOf(t testing.TB, want, got *RGB) distance {
	t.Helper()
	require.Equal(t, [2]int{want.Width, want.Height}, [2]int{got.Width, got.Height}, "width and height")
	require.Len(t, got.Pix, len(want.Pix))
	var d distance
	total := 0
	for i := range want.Pix {
		off := int(want.Pix[i]) - int(got.Pix[i])
		off = max(off, -off)
		d.most, total = max(d.most, off), total+off
	}
	d.mean = float64(total) / float64(max(len(want.Pix), 1))
	return d
}

package archive

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/hostile"
)

func archive(t testing.TB, names ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		f, err := w.CreateRaw(&zip.FileHeader{Name: name, UncompressedSize64: 1, CompressedSize64: 1})
		require.NoError(t, err)
		_, err = f.Write([]byte{'x'})
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func numbered(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprint(i))
	}
	return names
}

func TestMembersAreFoundByName(t *testing.T) {
	file := archive(t, "a", "b/c")
	members, err := Open(bytes.NewReader(file), int64(len(file)), 2)
	require.NoError(t, err)
	require.Len(t, members, 2)
	at, err := members["b/c"].DataOffset()
	require.NoError(t, err)
	content := make([]byte, 1)
	_, err = bytes.NewReader(file).ReadAt(content, at)
	require.NoError(t, err)
	require.Equal(t, "x", string(content))
}

func TestOtherArchivesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"twice":        {archive(t, "a", "a"), `"a" is twice`},
		"one too many": {archive(t, numbered(11)...), "too many members: 11, above 10"},
		"text":         {[]byte("PK, but no archive"), "not a valid zip file"},
		"nothing":      {nil, "not a valid zip file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(bytes.NewReader(c.file), int64(len(c.file)), 10)
			require.ErrorContains(t, err, c.says)
		})
	}
}

// A directory of a file's length would take several times the file.
func TestADirectoryIsNotReadBeyondItsBound(t *testing.T) {
	file := archive(t, numbered(200_000)...)
	read := &counting{r: bytes.NewReader(file)}
	hostile.Within(t, 0, func() {
		_, err := Open(read, int64(len(file)), 1024)
		require.ErrorIs(t, err, ErrTooMany)
	})
	require.Less(t, read.bytes, len(file)/50)
}

type counting struct {
	r     io.ReaderAt
	bytes int
}

func (c *counting) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.r.ReadAt(p, at)
	c.bytes += n
	return n, err
}

package classify

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPicturesOfUnreadKindsInAFolderAreCounted(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a.jpg", "b.HEIC", "c.heic", "d.avif", "e.jp2", "f.jxl", "notes.txt", ".hidden.heic"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), nil, 0o644))
	}
	list, err := ListPictures([]string{folder})
	require.ErrorIs(t, err, ErrNotRead)
	require.EqualError(t, err, folder+": 1 AVIF, 2 HEIC, 1 JPEG 2000, 1 JPEG XL: not read: passed over; save them as JPEG or PNG")
	require.Equal(t, []string{filepath.Join(folder, "a.jpg")}, list)

	require.NoError(t, os.Remove(filepath.Join(folder, "a.jpg")))
	list, err = ListPictures([]string{folder})
	require.ErrorIs(t, err, ErrNotRead)
	require.Empty(t, list)
}

//go:build cgo

package vulkan

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDriversAreListedWithWhatIsWrong(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
		return name
	}
	good := write("share/vulkan/icd.d/a.json", `{"ICD": {"library_path": "libc.so.6", "api_version": "1.3.2"}}`)
	lost := write("share/vulkan/icd.d/b.json", `{"ICD": {"library_path": "./libnowhere.so", "api_version": "1.3.2"}}`)
	text := write("share/vulkan/icd.d/c.json", "hello")
	t.Setenv("VK_DRIVER_FILES", "")
	t.Setenv("VK_ICD_FILENAMES", "")
	t.Setenv("XDG_DATA_DIRS", filepath.Join(folder, "share"))
	var found []Driver
	for _, d := range Drivers() {
		if filepath.Dir(d.File) == filepath.Dir(good) {
			found = append(found, d)
		}
	}
	require.Len(t, found, 3)
	require.Equal(t, Driver{File: good, Library: "libc.so.6", API: "1.3.2"}, found[0])
	require.Equal(t, lost, found[1].File)
	require.ErrorContains(t, found[1].Err, filepath.Join(filepath.Dir(lost), "libnowhere.so"))
	require.Equal(t, text, found[2].File)
	require.ErrorContains(t, found[2].Err, "not a driver manifest")

	t.Setenv("VK_ICD_FILENAMES", text+":"+good)
	require.Len(t, Drivers(), 2)
	t.Setenv("VK_DRIVER_FILES", "/nowhere.json")
	require.Len(t, Drivers(), 1)
	require.ErrorIs(t, Drivers()[0].Err, os.ErrNotExist)
}

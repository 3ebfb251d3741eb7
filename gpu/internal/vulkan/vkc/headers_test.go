//go:build cgo && linux

package vkc

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Without Vulkan's headers a compiler would name thousands of unknown types. cgo
// reads the first Go file before anything is compiled, and that says what is missing.
func TestMissingHeadersGiveOneClearLine(t *testing.T) {
	own, err := exec.Command("gcc", "-print-file-name=include").Output()
	if err != nil {
		t.Skip("gcc is not installed")
	}
	others := t.TempDir() // the system's headers without Vulkan's
	for _, folder := range []string{"/usr/include", "/usr/local/include"} {
		files, err := filepath.Glob(folder + "/*")
		require.NoError(t, err)
		for _, f := range files {
			if name := filepath.Base(f); name != "vulkan" {
				require.NoError(t, os.Symlink(f, filepath.Join(others, name)))
			}
		}
	}
	flags := "gcc -nostdinc -isystem " + strings.TrimSpace(string(own)) + " -isystem " + others
	if triple, err := exec.Command("gcc", "-print-multiarch").Output(); err == nil && len(triple) > 1 {
		flags += " -isystem /usr/include/" + strings.TrimSpace(string(triple))
	}
	c := exec.Command("go", "tool", "cgo", "-objdir", t.TempDir(), "--", "-std=gnu11", "vkc.go")
	c.Env = append(os.Environ(), "CC="+flags, "CGO_CFLAGS=")
	said, err := c.CombinedOutput()
	require.Error(t, err, "%s", said)
	require.Equal(t, 1, strings.Count(string(said), "error: "), "%s", said)
	require.Contains(t, string(said), "Vulkan's headers are missing: apt install libvulkan-dev")
}

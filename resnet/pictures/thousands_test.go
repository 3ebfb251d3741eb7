package pictures

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What tools/keras/jpeg_files.py and picture_files.py wrote: what Pillow reads must
// give its bytes, and what it refuses is refused.
func TestThousandsOfFilesGiveThePixelsOfPillow(t *testing.T) {
	for variable, patterns := range map[string][]string{"VKERAS_JPEGS": {"*.jpg"}, "VKERAS_PICTURES": {"*.gif", "*.bmp", "*.png", "*.tif", "*.webp"}} {
		folder := os.Getenv(variable)
		for _, pattern := range patterns {
			t.Run(pattern, func(t *testing.T) {
				if folder == "" {
					t.Skipf("%s is not set: see tools/keras/jpeg_files.py and picture_files.py", variable)
				}
				if pattern == "*.jpg" {
					needTurbo(t)
				}
				files, err := filepath.Glob(filepath.Join(folder, pattern))
				require.NoError(t, err)
				require.NotEmpty(t, files)
				compareWithPillow(t, files)
			})
		}
	}
}

func compareWithPillow(t *testing.T, files []string) {
	same, refused, more, less := 0, 0, 0, 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		answer, err := os.ReadFile(strings.TrimSuffix(file, filepath.Ext(file)) + ".rgb")
		require.NoError(t, err)
		line, pix, _ := bytes.Cut(answer, []byte("\n"))
		got, info, err := Decode(bytes.NewReader(data), DecodeOptions{})
		why, bad := strings.CutPrefix(string(line), "error ")
		switch {
		case bad && err != nil:
			refused++
		case bad:
			t.Logf("%s: read, with %q; Pillow says %q", file, info.Warnings, why)
			more++
		case err != nil:
			t.Logf("%s: %v; Pillow reads it", file, err)
			less++
		case assert.Equal(t, string(line), fmt.Sprintf("%d %d", got.Width, got.Height), file) && assert.True(t, bytes.Equal(pix, got.Pix), file):
			same++
		}
	}
	t.Logf("%d files: %d to the byte, %d refused by both, %d read that Pillow refuses, %d refused that Pillow reads", len(files), same, refused, more, less)
	// Left are files that libjpeg does not tell the early end of, for it told of other
	// damage before, and what docs/pictures.md lists as not read.
	require.LessOrEqual(t, more, len(files)/100)
	require.LessOrEqual(t, less, len(files)/40)
}

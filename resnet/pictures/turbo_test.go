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

// needTurbo skips where the system has no libjpeg-turbo.
func needTurbo(t testing.TB) {
	if _, err := JPEGDecoder(); err != nil {
		t.Skip(err)
	}
}

// What tools/keras/jpeg_files.py wrote: whole files must give Pillow's bytes, and
// what Pillow refuses is refused.
func TestThousandsOfJPEGsGiveThePixelsOfPillow(t *testing.T) {
	folder := os.Getenv("VKERAS_JPEGS")
	if folder == "" {
		t.Skip("VKERAS_JPEGS is not set: see tools/keras/jpeg_files.py")
	}
	needTurbo(t)
	files, err := filepath.Glob(filepath.Join(folder, "*.jpg"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	same, refused, more := 0, 0, 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		answer, err := os.ReadFile(strings.TrimSuffix(file, ".jpg") + ".rgb")
		require.NoError(t, err)
		line, pix, _ := bytes.Cut(answer, []byte("\n"))
		got, info, err := Decode(bytes.NewReader(data), DecodeOptions{})
		if why, bad := strings.CutPrefix(string(line), "error "); bad {
			if err == nil {
				t.Logf("%s: read, with %q; Pillow says %q", file, info.Warnings, why)
				require.NotEmpty(t, info.Warnings, file)
				more++
				continue
			}
			refused++
			continue
		}
		if !assert.NoError(t, err, file) {
			continue
		}
		if assert.Equal(t, string(line), fmt.Sprintf("%d %d", got.Width, got.Height), file) && assert.True(t, bytes.Equal(pix, got.Pix), file) {
			same++
		}
	}
	// An early end that libjpeg does not tell, for it told of other damage before.
	require.LessOrEqual(t, more, len(files)/1000)
	t.Logf("%d files: %d to the byte, %d refused by both, %d damaged ones read that Pillow refuses", len(files), same, refused, more)
}

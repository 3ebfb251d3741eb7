package profile

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/cachefile"
)

func TestARoofIsMeasuredOnceADeviceAndDriver(t *testing.T) {
	d, err := gpu.Open(gpu.Default())
	require.NoError(t, err)
	defer d.Close()
	folder := filepath.Join(t.TempDir(), "made", "when", "needed")
	first, err := CachedRoof(t.Context(), d, folder, false)
	require.NoError(t, err)
	require.True(t, first.valid())
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, files, 1, "and no temporary file")

	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nothing can be measured now
	again, err := CachedRoof(ctx, d, folder, false)
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = CachedRoof(ctx, d, folder, true)
	require.ErrorIs(t, err, context.Canceled)

	for _, text := range []string{"", "{", "{}", `{"gflops": -1, "copy_gb_per_second": 1, "read_gb_per_second": 1}`} {
		require.NoError(t, cachefile.Write(folder, files[0].Name(), roofKey(d.Info()), []byte(text)))
		_, err = CachedRoof(ctx, d, folder, false)
		require.ErrorIs(t, err, context.Canceled, "%q is no roof, so it is measured", text)
	}
}

func TestAnotherDriverHasAnotherRoof(t *testing.T) {
	one := gpu.Info{Name: "a", Driver: "1.0", UUID: "00", API: "1.3.0"}
	other := one
	other.Driver = "1.1"
	require.NotEqual(t, roofKey(one), roofKey(other))
	require.Equal(t, roofName(one), roofName(other), "in place of the old one")
}

func TestARoofThatCannotBeKeptIsMeasuredAllTheSame(t *testing.T) {
	d, err := gpu.Open(gpu.Default())
	require.NoError(t, err)
	defer d.Close()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	r, err := CachedRoof(t.Context(), d, filepath.Join(file, "no folder"), false)
	require.NoError(t, err)
	require.True(t, r.valid())
}

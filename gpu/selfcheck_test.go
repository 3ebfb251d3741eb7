package gpu

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/shaders"
)

// fresh gives a test a cache folder of its own; Mesa's stays where it is.
func fresh(t *testing.T) {
	if os.Getenv("MESA_SHADER_CACHE_DIR") == "" {
		folder, err := os.UserCacheDir()
		require.NoError(t, err)
		t.Setenv("MESA_SHADER_CACHE_DIR", folder)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
}

// A device that lies about its subgroups makes the kernels that shuffle answer
// nonsense: those are found out and left, and the answers are right.
func TestKernelsThatADeviceComputesWrongAreLeftOut(t *testing.T) {
	fresh(t)
	honest, err := Devices()
	require.NoError(t, err)
	if honest[0].Subgroup == 16 || honest[0].Type != CPU {
		t.Skip("the lie would be true")
	}
	d := openPretended(t, "subgroup16")
	require.Equal(t, 16, d.Info().Subgroup)
	g, in, want := smallNet(t)
	for range 2 { // the second net knows from the beginning
		n, err := Load(d, g, Options{Batch: 2})
		require.NoError(t, err)
		out, err := n.RunAll(t.Context(), in)
		require.NoError(t, err)
		optest.RequireClose(t, nn.FP32, out, want)
		for _, s := range n.Program().Steps {
			for _, name := range n.Kernels(s) {
				k, _ := shaders.Named(name)
				require.Zero(t, k.Tile.Lanes, name)
			}
		}
		require.NoError(t, n.Close())
		require.Len(t, d.Doubts(), 1)
		require.Regexp(t, `^The kernel conv2d_lanes_16_\S+ gives wrong results on llvmpipe`, d.Doubts()[0])
	}
}

func TestKernelsThatAreRightAreCheckedOnce(t *testing.T) {
	fresh(t)
	g, _, _ := smallNet(t)
	checked := func() map[string]bool {
		d := openTest(t)
		n, err := Load(d, g, Options{})
		require.NoError(t, err)
		require.NoError(t, n.Close())
		require.Empty(t, d.Doubts())
		return d.checks.right
	}
	first := checked()
	if len(first) == 0 {
		t.Skip("the net has no fast kernels on this device")
	}
	require.Empty(t, checked(), "the verdict was kept")
	fresh(t)
	require.Equal(t, first, checked(), "without the file it is checked again")
}

func TestEveryFastKernelPassesItsCheck(t *testing.T) {
	d := openTest(t)
	for _, name := range d.Kernels() {
		k, _ := shaders.Named(name)
		if k.Plain == "" || k.Name != k.Base {
			continue
		}
		right, err := d.check(k, nn.FP32)
		require.NoError(t, err, name)
		require.True(t, right, name)
	}
}

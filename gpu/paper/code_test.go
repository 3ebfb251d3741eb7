package paper

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/shaders"
)

// What the products on GPUs are held to, on the compiler that was recorded: see
// docs/kernels.md.
func TestTheProductsMachineCodeIsAsItWasMeant(t *testing.T) {
	least := map[string]float64{"conv2d_tiles_128x128": 0.85, "conv2d_tiles_64x128": 0.84, "conv2d_tiles_64x64": 0.75, "conv2d_tiles_32x32": 0.60, "conv2d_rows_4": 0.60, "conv2d_rows_16": 0.60}
	for _, name := range []string{"vega10", "navi21"} {
		family, ok := Recorded().Family(name)
		require.True(t, ok, name)
		found := 0
		for _, u := range family.Uses {
			k, ok := shaders.Named(u.Kernel)
			require.True(t, ok, u.Kernel)
			require.Empty(t, u.Error, u.Kernel)
			require.Zero(t, u.Spilled, u.Kernel)
			if k.Tile.Depth == 0 {
				continue
			}
			found++
			require.Len(t, u.Loops, 1, u.Kernel)
			l := u.Loop()
			require.Equal(t, 1, l.Branches, "%s %s: branches besides the loop's own", u.Kernel, u.Name)
			require.Zero(t, l.LoadsUnder, u.Kernel)
			require.Equal(t, l.Loads, l.WideLoads, "%s %s: loads of less than 16 bytes", u.Kernel, u.Name)
			require.Zero(t, l.Multiplications, u.Kernel)
			if want, ok := least[k.Base]; ok && k.Precision == "fp32" {
				require.GreaterOrEqual(t, l.Share(), want, "%s, %s %s", name, u.Kernel, u.Name)
			}
			if name == "navi21" && strings.HasPrefix(k.Base, "conv2d_tiles_64x64") {
				require.GreaterOrEqual(t, u.Waves, 8, u.Kernel)
			}
		}
		require.Greater(t, found, 30, name)
	}
}

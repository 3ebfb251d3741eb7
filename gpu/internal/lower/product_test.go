package lower

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vkeras/vkeras/shaders"
)

// pointwise is a product of that many rows, columns and channels.
func pointwise(rows, columns, channels int) Product {
	return Product{shaders.Window{Channels: uint32(channels), SizeY: 1, SizeX: 1}, int64(rows), int64(columns)}
}

func TestProductsGetTheTilesThatFillTheDevice(t *testing.T) {
	limits := named(t, "RTX 4090")
	for _, c := range []struct {
		cores int
		p     Product
		want  Choice
	}{
		{0, pointwise(1, 1000, 2048), Choice{"conv2d_rows_4", 1}},  // 32 groups for 32 cores
		{0, pointwise(4, 512, 2048), Choice{"conv2d_rows_4", 2}},   // 16 groups
		{0, pointwise(16, 256, 2304), Choice{"conv2d_rows_16", 4}}, // 8
		{0, pointwise(16, 64, 1024), Choice{"conv2d_rows_16", 8}},  // 2, and never more than 8 parts
		{0, pointwise(16, 64, 1023), Choice{"conv2d_rows_16", 1}},  // the sum is short
		{0, pointwise(49, 64, 4608), Choice{"conv2d_tiles_32x32", 8}},
		{0, pointwise(49, 2048, 4608), Choice{"conv2d_tiles_32x32", 1}},
		{0, pointwise(3136, 256, 64), Choice{"conv2d_tiles_64x128", 1}},
		{0, pointwise(3136, 192, 64), Choice{"conv2d_tiles_64x64", 1}},  // 128 columns twice would be a third too many
		{0, pointwise(100352, 64, 64), Choice{"conv2d_tiles_64x64", 1}}, // and half of one empty
		{0, pointwise(100352, 256, 64), Choice{"conv2d_tiles_128x128", 1}},
		{132, pointwise(3136, 256, 64), Choice{"conv2d_tiles_32x32", 1}},
		{132, pointwise(196, 256, 2304), Choice{"conv2d_tiles_32x32", 2}},
	} {
		limits.Cores = c.cores
		got, err := NewTarget(limits, Options{})
		require.NoError(t, err)
		require.Equal(t, c.want, got.choose(c.p), "%d cores, %+v", c.cores, c.p)
	}
}

func TestPartsOfASumAreNeverEmpty(t *testing.T) {
	for slabs := int64(1); slabs < 100; slabs++ {
		for splits := int64(1); splits <= MaxSplits; splits++ {
			each, n := shares(slabs, splits)
			require.LessOrEqual(t, n, splits)
			require.GreaterOrEqual(t, each*n, slabs, "all is summed")
			require.Less(t, each*(n-1), slabs, "the last part has something")
		}
	}
}

func TestCandidatesBeginWithTheRulesChoice(t *testing.T) {
	limits := named(t, "RTX 4090")
	limits.Cores = 0
	target, err := NewTarget(limits, Options{})
	require.NoError(t, err)
	for _, p := range []Product{pointwise(1, 10, 30), pointwise(16, 512, 4608), pointwise(3136, 256, 64), pointwise(40, 40, 2048)} {
		list := target.Candidates(p)
		require.Equal(t, target.choose(p), list[0])
		require.LessOrEqual(t, len(list), 12)
		seen := map[Choice]bool{}
		for _, c := range list {
			require.False(t, seen[c], "%+v twice", c)
			seen[c] = true
			require.LessOrEqual(t, c.Splits, max(1, p.depth()/chunk))
		}
	}
}

package lower

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHalfPrecisionRoundsToTheNearest(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		in   float32
		want uint16 // IEEE 754 binary16
		ok   bool
	}{
		{0, 0, true}, {1, 0x3c00, true}, {-2, 0xc000, true}, {65504, 0x7bff, true},
		{1 + 1.0/2048, 0x3c00, true}, {1 + 3.0/2048, 0x3c02, true}, // ties go to even
		{65519, 0x7bff, true}, {65520, 0x7c00, false}, {-1e9, 0xfc00, false}, {inf, 0x7c00, true}, {-inf, 0xfc00, true},
		{0x1p-24, 1, true}, {0x1p-26, 0, true},
	} {
		h, ok := toHalf(c.in)
		require.Equal(t, c.want, h, "%v", c.in)
		require.Equal(t, c.ok, ok, "%v", c.in)
	}
	h, ok := toHalf(float32(math.NaN()))
	require.True(t, ok)
	back := make([]float32, 1)
	getHalves(back, []byte{byte(h), byte(h >> 8)})
	require.True(t, back[0] != back[0])
}

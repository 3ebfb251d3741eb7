package lower

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/shaders"
)

func TestCooperativeMatricesAreChosenWhereTheyAreThereAndFP16IsAsked(t *testing.T) {
	limits := named(t, "RTX 4090")
	limits.Cores = 0 // 32 are assumed
	large, small, few := pointwise(100352, 256, 64), pointwise(196, 256, 2304), pointwise(16, 512, 2048)
	for name, c := range map[string]struct {
		o    Options
		not  bool // the device has none
		want [3]Choice
	}{
		"fp16":     {Options{Precision: nn.FP16}, false, [3]Choice{{"conv2d_matrix_128x128", 1}, {"conv2d_matrix_64x64", 2}, {"conv2d_rows_16", 2}}},
		"fp16w":    {Options{Precision: nn.FP16W}, false, [3]Choice{{"conv2d_tiles_128x128", 1}, {"conv2d_tiles_32x32", 1}, {"conv2d_rows_16", 2}}},
		"fp32":     {Options{}, false, [3]Choice{{"conv2d_tiles_128x128", 1}, {"conv2d_tiles_32x32", 1}, {"conv2d_rows_16", 2}}},
		"declined": {Options{Precision: nn.FP16, NoMatrices: true}, false, [3]Choice{{"conv2d_packed_128x128", 1}, {"conv2d_tiles_32x32", 1}, {"conv2d_rows_16", 2}}},
		"absent":   {Options{Precision: nn.FP16}, true, [3]Choice{{"conv2d_packed_128x128", 1}, {"conv2d_tiles_32x32", 1}, {"conv2d_rows_16", 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			limits := limits
			limits.CooperativeMatrix16 = !c.not
			target, err := NewTarget(limits, c.o)
			require.NoError(t, err)
			require.Equal(t, c.want, [3]Choice{target.choose(large), target.choose(small), target.choose(few)})
			for _, k := range MatrixKernels() {
				listed := slices.ContainsFunc(target.tiles(), func(other shaders.Kernel) bool { return other.Name == k.Name })
				require.Equal(t, name == "fp16", listed, k.Name)
				o := c.o
				o.Kernel = k.Base
				_, err := NewTarget(limits, o)
				if name == "fp16" {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, ErrNoKernel)
				}
			}
		})
	}
	limits.MaxSharedBytes = 16 << 10
	target, err := NewTarget(limits, Options{Precision: nn.FP16})
	require.NoError(t, err)
	require.False(t, target.matrices(), "their tiles do not fit")
}

// The code is SPIR-V that declares cooperative matrices, has the interface of
// the tiled kernels and the size of work group that the subgroups make up.
func TestCooperativeMatrixKernelsDeclareWhatTheyNeed(t *testing.T) {
	const opCapability, cooperativeMatrix, vulkanMemoryModel = 17, 6022, 5345
	require.Len(t, MatrixKernels(), 2)
	groups := map[string]uint32{"conv2d_matrix_64x64": 4 * shaders.MatrixSubgroup, "conv2d_matrix_128x128": 8 * shaders.MatrixSubgroup}
	for _, k := range MatrixKernels() {
		code, err := k.SPIRV()
		require.NoError(t, err)
		var capabilities []uint32
		for at := 20; at < len(code); {
			word := binary.LittleEndian.Uint32(code[at:])
			if word&0xffff == opCapability {
				capabilities = append(capabilities, binary.LittleEndian.Uint32(code[at+4:]))
			}
			at += 4 * int(word>>16)
		}
		require.Contains(t, capabilities, uint32(cooperativeMatrix))
		require.Contains(t, capabilities, uint32(vulkanMemoryModel))
		face, err := shaders.Reflect(code)
		require.NoError(t, err)
		require.Equal(t, groups[k.Base], face.Group[0])
		require.NoError(t, k.Check(code))
	}
}

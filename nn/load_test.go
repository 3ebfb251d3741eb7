package nn

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeferredKernelsAreReadIntoACopy(t *testing.T) {
	make32 := func(n int) []float32 { return make([]float32, n) }
	ones := func(dst []float32) error {
		for i := range dst {
			dst[i] = 1
		}
		return nil
	}
	kernel := Deferred(Shape{1, 1, 2, 3}, ones)
	conv := &Conv2D{Window: Square(1, 1), Filters: 3, Kernel: kernel}
	loaded, err := Load(conv, make32)
	require.NoError(t, err)
	require.Equal(t, []float32{1, 1, 1, 1, 1, 1}, loaded.(*Conv2D).Kernel.Data)
	require.False(t, loaded.(*Conv2D).Kernel.IsDeferred())
	require.Same(t, kernel, conv.Kernel, "the graph is as it was")
	require.Nil(t, kernel.Data)

	dense := &Dense{Units: 3, Kernel: Deferred(Shape{2, 3}, func([]float32) error { return errors.New("cut short") })}
	_, err = Load(dense, make32)
	require.EqualError(t, err, "cut short")

	there := &Dense{Units: 3, Kernel: NewTensor(2, 3)}
	same, err := Load(there, nil)
	require.NoError(t, err)
	require.Same(t, there, same)
	pool := &MaxPool{}
	same, err = Load(pool, nil)
	require.NoError(t, err)
	require.Same(t, pool, same)
	require.True(t, MayDefer(dense))
	require.False(t, MayDefer(pool))
}

func TestPiecesAreTheElementsInOrder(t *testing.T) {
	all := []float32{0, 1, 2, 3, 4, 5, 6}
	inParts := func(read func(dst []float32, from int) error) *Tensor {
		return DeferredInParts(Shape{7}, func() func([]float32, int) error { return read })
	}
	there, err := FromSlice(all, 7)
	require.NoError(t, err)
	for name, tensor := range map[string]*Tensor{
		"in memory":         there,
		"deferred":          Deferred(Shape{7}, func(dst []float32) error { copy(dst, all); return nil }),
		"deferred in parts": inParts(func(dst []float32, from int) error { copy(dst, all[from:]); return nil }),
	} {
		t.Run(name, func(t *testing.T) {
			var slices []int
			next := tensor.Pieces(func(n int) []float32 { slices = append(slices, n); return make([]float32, n) })
			var got []float32
			for _, n := range []int{2, 0, 1, 4} {
				piece, err := next(n)
				require.NoError(t, err)
				require.Len(t, piece, n)
				got = append(got, piece...)
			}
			require.Equal(t, all, got)
			require.Equal(t, map[string][]int{"deferred": {7}, "deferred in parts": {2, 4}}[name], slices)
		})
	}
	cut := inParts(func([]float32, int) error { return errors.New("cut short") })
	_, err = cut.Pieces(func(n int) []float32 { return make([]float32, n) })(3)
	require.EqualError(t, err, "cut short")
}

func TestDeferredWeightsAreNotTakenForWeightsInMemory(t *testing.T) {
	b := NewBuilder("dense")
	op := &Dense{Units: 3}
	g, err := b.Graph(b.Add("fc", op, b.Input("x", Shape{2})))
	require.NoError(t, err)
	op.Kernel = Deferred(Shape{2, 3}, func([]float32) error { return nil })
	require.ErrorContains(t, g.CheckWeights(), `"fc": kernel (2, 3) is not in memory`)
	require.NoError(t, g.CheckDeferred())
	op.Kernel = Deferred(Shape{3, 2}, func([]float32) error { return nil })
	require.ErrorContains(t, g.CheckDeferred(), "expected shape (2, 3), found (3, 2)")
}

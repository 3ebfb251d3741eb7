package nn_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
)

func TestElementsCountsOrRefuses(t *testing.T) {
	for _, c := range []struct {
		shape nn.Shape
		want  int
		err   string
	}{
		{nn.Shape{}, 1, ""},
		{nn.Shape{7}, 7, ""},
		{nn.Shape{2, 3, 4}, 24, ""},
		{nn.Shape{2, 0, 4}, 0, ""},
		{nn.Shape{0, math.MaxInt, math.MaxInt}, 0, ""},
		{nn.Shape{math.MaxInt}, math.MaxInt, ""},
		{nn.Shape{math.MaxInt, 2}, 0, "has too many elements"},
		{nn.Shape{1 << 21, 1 << 21, 1 << 21}, 0, "has too many elements"},
		{nn.Shape{1 << 32, 1 << 32}, 0, "(4294967296, 4294967296) has too many elements"},
		{nn.Shape{2, -1}, 0, "shape (2, -1) has a negative extent"},
		{nn.Shape{-2, -3}, 0, "has a negative extent"},
	} {
		got, err := c.shape.Elements()
		if c.err != "" {
			require.ErrorContains(t, err, c.err)
			continue
		}
		require.NoError(t, err, "%v", c.shape)
		require.Equal(t, c.want, got, "%v", c.shape)
		require.Equal(t, c.want, c.shape.Len(), "%v", c.shape)
	}
}

func TestShapesAreWrittenAsPythonTuples(t *testing.T) {
	for want, s := range map[string]nn.Shape{"()": {}, "(6,)": {6}, "(64, 64, 3)": {64, 64, 3}} {
		require.Equal(t, want, s.String())
	}
}

func TestBatchAndCloneShareNothing(t *testing.T) {
	s := make(nn.Shape, 2, 10)
	batch, clone := s.Batch(4), s.Clone()
	batch[1], clone[0] = 5, 6
	require.Equal(t, nn.Shape{0, 0}, s)
	require.Equal(t, nn.Shape{4, 5, 0}, batch)
	require.Equal(t, nn.Shape{6, 0}, clone)
}

func TestChannelsAreTheLastExtent(t *testing.T) {
	require.Equal(t, 3, nn.Shape{64, 64, 3}.Channels())
	require.Equal(t, 6, nn.Shape{6}.Channels())
	require.Equal(t, 1, nn.Shape{}.Channels())
}

func TestFromSliceChecksTheNumberOfElements(t *testing.T) {
	data := []float32{1, 2, 3, 4, 5, 6}
	x, err := nn.FromSlice(data, 2, 3)
	require.NoError(t, err)
	require.Equal(t, 6, x.Len())
	require.Equal(t, []float32{4, 5, 6}, x.Image(1))
	require.Same(t, &data[0], &x.Data[0], "the slice is used, not copied")

	_, err = nn.FromSlice(data, 2, 2)
	require.EqualError(t, err, "shape (2, 2) has 4 elements, the slice has 6")
	_, err = nn.FromSlice(data, -2, -3)
	require.ErrorContains(t, err, "negative extent")
	_, err = nn.FromSlice(nil, 1<<32, 1<<32)
	require.ErrorContains(t, err, "too many elements")
}

func TestTensorCloneSharesNothing(t *testing.T) {
	x := nn.NewTensor(2, 2)
	y := x.Clone()
	y.Data[0], y.Shape[0] = 1, 7
	require.Equal(t, nn.NewTensor(2, 2), x)
}

package plan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
)

func TestScalesAndOffsetsInFrontAreFoldedWherePaddingAllows(t *testing.T) {
	scale := &nn.Rescale{Scale: []float32{0.5}, Offset: []float32{0}}
	offset := &nn.Rescale{Scale: []float32{2}, Offset: []float32{1, -1, 0}}
	mean, _ := nn.FromSlice([]float32{1, 2, 3}, 3)
	variance, _ := nn.FromSlice([]float32{4, 4, 0}, 3)
	normalize := &nn.Normalize{Mean: mean, Variance: variance}
	conv := func(b *nn.Builder, same bool, x *nn.Node) *nn.Node {
		w := nn.Square(3, 2)
		if same {
			w = w.Same(x.Shape[0], x.Shape[1])
		}
		return b.Add("conv", &nn.Conv2D{Window: w, Filters: 4}, x)
	}
	for name, c := range map[string]struct {
		build    func(b *nn.Builder, x *nn.Node) *nn.Node
		want     []string
		in       []float64
		composed *nn.Rescale
	}{
		"a scale, with padding": {
			build: func(b *nn.Builder, x *nn.Node) *nn.Node { return conv(b, true, b.Add("scale", scale, x)) },
			want:  []string{"Conv2D"}, in: []float64{0.5, 0.5, 0.5},
		},
		"a scale, with padding by a layer": {
			build: func(b *nn.Builder, x *nn.Node) *nn.Node {
				return conv(b, false, b.Add("pad", &nn.ZeroPad{Pad: nn.Pad{Top: 1, Left: 1}}, b.Add("scale", scale, x)))
			},
			want: []string{"Conv2D"}, in: []float64{0.5, 0.5, 0.5},
		},
		"an offset, without padding": {
			build: func(b *nn.Builder, x *nn.Node) *nn.Node { return conv(b, false, b.Add("offset", offset, x)) },
			want:  []string{"Conv2D"}, in: []float64{2, 2, 2},
		},
		"an offset, with padding": {
			build: func(b *nn.Builder, x *nn.Node) *nn.Node { return conv(b, true, b.Add("offset", offset, x)) },
			want:  []string{"Rescale", "Conv2D"}, composed: offset,
		},
		"several in a row": {
			build: func(b *nn.Builder, x *nn.Node) *nn.Node {
				return conv(b, true, b.Add("offset", offset, b.Add("normalize", normalize, b.Add("scale", scale, x))))
			},
			want: []string{"Rescale", "Conv2D"},
			// ((x / 2) - mean) / sqrt(variance), the least root being 1e-7, times 2 plus the offset.
			composed: &nn.Rescale{Scale: []float32{0.5, 0.5, 1e7}, Offset: []float32{0, -3, -6e7}},
		},
		"not where the scaled picture is read twice": {
			build: func(b *nn.Builder, x *nn.Node) *nn.Node {
				s := b.Add("scale", scale, x)
				return conv(b, true, b.Add("sum", &nn.Add{}, s, b.Add("again", offset, s)))
			},
			want: []string{"Rescale", "Rescale", "Add", "Conv2D"}, composed: scale,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := compiled(t, All(), nn.Shape{9, 9, 3}, func(b *nn.Builder, x *nn.Node) []*nn.Node { return []*nn.Node{c.build(b, x)} })
			require.Equal(t, c.want, kinds(p))
			require.Equal(t, c.in, p.Steps[len(p.Steps)-1].InScale)
			if c.composed != nil {
				require.Equal(t, c.composed, p.Steps[0].Op)
			}
		})
	}
}

// An offset of t adds t times the sum of an output channel's weights.
func TestAnOffsetInFrontBecomesABias(t *testing.T) {
	kernel, err := nn.FromSlice([]float32{1, 10, 2, 20}, 1, 1, 2, 2) // (1, 1, C, O)
	require.NoError(t, err)
	bias, err := nn.FromSlice([]float32{5, 6}, 2)
	require.NoError(t, err)
	p := compiled(t, All(), nn.Shape{4, 4, 2}, func(b *nn.Builder, x *nn.Node) []*nn.Node {
		n := b.Add("offset", &nn.Rescale{Scale: []float32{3, 4}, Offset: []float32{0.5, 0.25}}, x)
		return []*nn.Node{b.Add("conv", &nn.Conv2D{Window: nn.Square(1, 1), Filters: 2, UseBias: true, Kernel: kernel, Bias: bias}, n)}
	})
	require.Len(t, p.Steps, 1)
	f := p.Steps[0].Folded(kernel.Data)
	require.Equal(t, []float64{5 + 0.5*1 + 0.25*2, 6 + 0.5*10 + 0.25*20}, f.Shift)
	require.Equal(t, 3.0, f.Weight(0, 1))
	require.Equal(t, 4.0, f.Weight(1, 0))
	require.True(t, p.Steps[0].HasShift())
}

// Weight returns the factor of a weight of input channel c and output channel o.
func (f *Folded) Weight(c, o int) float64 {
	if f.In == nil {
		return f.Scale[o]
	}
	return f.In[c] * f.Scale[o]
}

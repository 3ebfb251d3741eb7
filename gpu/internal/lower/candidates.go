package lower

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// Sample returns a convolution of the product's size, on a made-up input. It has
// no padding: what is outside the input takes as long.
func (p Product) Sample() (nn.Op, *nn.Tensor, error) {
	w := p.Window
	window := nn.Window{
		Size: [2]int{int(w.SizeY), int(w.SizeX)}, Stride: [2]int{int(w.StrideY), int(w.StrideX)}, Dilation: [2]int{int(w.DilationY), int(w.DilationX)},
	}
	image := int64(w.OutHeight) * int64(w.OutWidth)
	if image == 0 || p.Rows%image != 0 {
		return nil, nil, fmt.Errorf("%d rows are no images of %d x %d", p.Rows, w.OutHeight, w.OutWidth)
	}
	x := nn.NewTensor(int(p.Rows/image), (int(w.OutHeight)-1)*window.Stride[0]+window.Reach(0), (int(w.OutWidth)-1)*window.Stride[1]+window.Reach(1), int(w.Channels))
	op := &nn.Conv2D{Window: window, Filters: int(p.Columns), UseBias: true}
	op.Kernel = nn.NewTensor(window.Size[0], window.Size[1], int(w.Channels), int(p.Columns))
	op.Bias = nn.NewTensor(int(p.Columns))
	for _, t := range []*nn.Tensor{x, op.Kernel, op.Bias} {
		fill(t.Data)
	}
	return op, x, nil
}

// fill makes up values between -1 and 1 that no tile's shape divides.
func fill(values []float32) {
	const period = 1021 // a prime
	for i := range values {
		values[i] = float32(i%period*i%period)/period*2 - 1
	}
}

// Candidates returns the choices worth measuring, the rule's first.
func (t Target) Candidates(p Product) []Choice {
	rule := t.choose(p)
	list := []Choice{rule}
	add := func(c Choice) {
		if c.Splits <= max(1, p.depth()/chunk) && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	for _, k := range t.tiles() {
		switch rows := int64(k.Tile.Rows); {
		case rows > 2*p.Rows && rows > 32, strings.HasPrefix(k.Base, "conv2d_rows") && p.Rows > 2*rows:
			continue // most of it would be idle, or the weights read too often
		}
		add(Choice{k.Base, 1})
		if p.depth() >= longSum/2 {
			add(Choice{k.Base, max(2, t.splitsFor(p, k.Base))})
		}
	}
	if p.depth() >= longSum/2 {
		add(Choice{rule.Kernel, min(MaxSplits, 2*rule.Splits)})
	}
	return list
}

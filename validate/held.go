package validate

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// held are the rows and columns of a feature map that the device holds; no
// positions at all stand for every one.
type held [2]plan.Axis

// all reports whether a map of h x w is held as it is.
func (a held) all(h, w int) bool {
	return a[0].Count == 0 || a[0].Offset == 0 && a[0].Count == h && a[1].Offset == 0 && a[1].Count == w
}

// sample returns the positions of a batch of feature maps that are held.
func sample(t *nn.Tensor, at held) *nn.Tensor {
	if len(t.Shape) != 4 || at.all(t.Shape[1], t.Shape[2]) {
		return t
	}
	n, h, w, c := t.Shape[0], t.Shape[1], t.Shape[2], t.Shape[3]
	out := &nn.Tensor{Shape: nn.Shape{n, at[0].Count, at[1].Count, c}}
	for image := range n {
		for i := range at[0].Count {
			for j := range at[1].Count {
				row, column := at[0].Offset+i*at[0].Step, at[1].Offset+j*at[1].Step
				from := ((image*h+row)*w + column) * c
				out.Data = append(out.Data, t.Data[from:from+c]...)
			}
		}
	}
	return out
}

// place turns coordinates of what is held, (N, H, W, C), into the layer's own.
func (a held) place(at []int) {
	if len(at) != 4 || a[0].Count == 0 {
		return
	}
	for axis := range 2 {
		at[axis+1] = a[axis].Offset + at[axis+1]*a[axis].Step
	}
}

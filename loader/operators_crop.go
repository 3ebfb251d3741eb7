package loader

import (
	"encoding/json"

	"github.com/vkeras/vkeras/nn"
)

// feature returns the first argument, which must be feature maps; nil after an error.
func (o *operation) feature() *nn.Node {
	x := o.tensor(0)
	if x != nil && len(x.Shape) != 3 {
		o.refuse("of images of shape %v", x.Shape)
		return nil
	}
	return x
}

// boxed takes so many rows and columns.
func (o *operation) boxed(x *nn.Node, top, left, height, width int) *nn.Node {
	if x == nil || o.err != nil {
		return nil
	}
	if top < 0 || left < 0 || height < 1 || width < 1 || top > x.Shape[0]-height || left > x.Shape[1]-width {
		o.refuse("%d x %d from (%d, %d) of %v", height, width, top, left, x.Shape)
		return nil
	}
	return o.part(o.part(x, 0, top, height), 1, left, width)
}

// framedIn puts zeros around, so that the image lies in so many rows and columns.
func (o *operation) framedIn(x *nn.Node, top, left, height, width int) *nn.Node {
	if x == nil || o.err != nil {
		return nil
	}
	p := nn.Pad{Top: top, Left: left, Bottom: height - top - x.Shape[0], Right: width - left - x.Shape[1]}
	if min(p.Top, p.Left, p.Bottom, p.Right) < 0 {
		o.refuse("%v at (%d, %d) in %d x %d", x.Shape, top, left, height, width)
		return nil
	}
	if p == (nn.Pad{}) {
		return x
	}
	return o.add(&nn.ZeroPad{Pad: p}, x)
}

// box is crop_to_bounding_box(image, top, left, height, width).
func box(o *operation) []*nn.Node {
	return one(o.boxed(o.feature(), o.int(1, 0), o.int(2, 0), o.int(3, 0), o.int(4, 0)))
}

// boxAround is pad_to_bounding_box(image, top, left, height, width).
func boxAround(o *operation) []*nn.Node {
	return one(o.framedIn(o.feature(), o.int(1, 0), o.int(2, 0), o.int(3, 0), o.int(4, 0)))
}

// centre is central_crop(image, fraction): half of the rest, rounded down, is cut off
// on each side.
func centre(o *operation) []*nn.Node {
	x := o.feature()
	n, _ := o.value(1).(json.Number)
	fraction, err := n.Float64() // of 0.8 float32 would cut off less
	if x == nil || err != nil || !(fraction > 0 && fraction <= 1) {
		o.refuse("a fraction of %v", fraction)
		return one(nil)
	}
	cut := func(n int) int { return int((float64(n) - float64(n)*fraction) / 2) }
	top, left := cut(x.Shape[0]), cut(x.Shape[1])
	return one(o.boxed(x, top, left, x.Shape[0]-2*top, x.Shape[1]-2*left))
}

// cutOrFramed is resize_with_crop_or_pad(image, height, width), of whose margins the
// one in front is not the larger.
func cutOrFramed(o *operation) []*nn.Node {
	x, height, width := o.feature(), o.int(1, 0), o.int(2, 0)
	if x == nil {
		return one(nil)
	}
	h, w := min(height, x.Shape[0]), min(width, x.Shape[1])
	x = o.boxed(x, (x.Shape[0]-h)/2, (x.Shape[1]-w)/2, h, w)
	return one(o.framedIn(x, (height-h)/2, (width-w)/2, height, width))
}

// diagonally exchanges rows and columns.
func diagonally(o *operation) []*nn.Node { return one(o.turned(o.feature(), []int{1, 0, 2})) }

// quarterTurnedImage is image.rot90(image, times), against the clock.
func quarterTurnedImage(o *operation) []*nn.Node {
	x, times := o.feature(), o.int(1, 1)
	switch (times%4 + 4) % 4 {
	case 1:
		x = o.turned(o.reversed(x, 1), []int{1, 0, 2})
	case 2:
		x = o.reversed(x, 0, 1)
	case 3:
		x = o.reversed(o.turned(x, []int{1, 0, 2}), 1)
	}
	return one(x)
}

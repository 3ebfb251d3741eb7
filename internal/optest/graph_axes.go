package optest

import "github.com/vkeras/vkeras/nn"

// compare adds a function of two feature maps, or of one and a row, a column or
// a pixel of it, made by a slice.
func (g *grower) compare() {
	n := g.source()
	other := g.partner(n, sameShape)
	if other == nil {
		count := n.Shape.Clone()
		count[g.rng.IntN(2)] = 1
		other = g.add(&nn.Slice{Start: []int{0, 0, 0}, Count: count, Step: []int{1, 1, 1}}, n)
	}
	f := pick(g.rng, []nn.BinaryFunc{nn.Subtract, nn.Maximum, nn.Minimum})
	if g.coin() {
		n, other = other, n
	}
	g.keep(g.add(&nn.Binary{Func: f}, n, other))
}

// move adds a feature map with its rows and columns exchanged, with as many rows as
// there were columns, or every second one of them, from the last one on.
func (g *grower) move() {
	n := g.source()
	h, w, c := n.Shape[0], n.Shape[1], n.Shape[2]
	switch g.rng.IntN(3) {
	case 0:
		g.keep(g.add(&nn.Transpose{Axes: []int{1, 0, 2}}, n))
		return
	case 1:
		g.keep(g.add(&nn.Reshape{Target: nn.Shape{w, h, c}}, n))
		return
	}
	g.keep(g.add(&nn.Slice{Start: []int{h - 1, w - 1, 0}, Count: []int{(h + 1) / 2, (w + 1) / 2, c}, Step: []int{-2, -2, 1}}, n))
}

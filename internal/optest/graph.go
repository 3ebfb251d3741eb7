package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Graph returns a random small network with random weights: convolutions and
// what surrounds them, residual and bottleneck blocks with the stride in either
// place, siblings that read one tensor by the same window, gates,
// concatenations, nodes with several readers or none, layers called twice, now
// and then a second input, one output or several.
//
// It panics if it has drawn a graph that nn refuses: that is its own fault.
func Graph(rng *rand.Rand) *nn.Graph {
	g := &grower{rng: rng, b: nn.NewBuilder("random")}
	image := nn.Shape{4 + rng.IntN(12), 4 + rng.IntN(12), 1 + rng.IntN(5)}
	g.keep(g.b.Input("input", image))
	if rng.IntN(6) == 0 {
		g.keep(g.b.Input("second_input", image))
	}
	steps := []func(){
		g.convolve, g.convolve, g.convolveBatchNorm, g.convolveBatchNorm, g.depthwise, g.padConvolve,
		g.batchNorm, g.activate, g.pool, g.basicBlock, g.bottleneck, g.bottleneck,
		g.join, g.gate, g.gate, g.concat, g.twice, g.crop, g.pass, g.siblings, g.prescale, g.inverted, g.compare, g.move,
		g.distribute, g.group, g.standardise, g.enlarge,
	}
	for range 3 + rng.IntN(7) {
		pick(rng, steps)()
	}
	graph, err := g.b.Graph(g.outputs()...)
	if err != nil {
		panic(fmt.Sprintf("optest: random graph: %v", err))
	}
	SetGraphWeights(rng, graph)
	return graph
}

// Inputs returns random batches for the graph's inputs.
func Inputs(rng *rand.Rand, g *nn.Graph, batch int) []*nn.Tensor {
	in := make([]*nn.Tensor, len(g.Inputs))
	for i, n := range g.Inputs {
		in[i] = Normal(rng, 0, 1, n.Shape.Batch(batch)...)
	}
	return in
}

// grower builds a random graph step by step.
type grower struct {
	rng      *rand.Rand
	b        *nn.Builder
	nodes    int
	features []*nn.Node // feature maps that later steps may read
}

// add adds a node under a name of its own.
func (g *grower) add(op nn.Op, in ...*nn.Node) *nn.Node {
	g.nodes++
	return g.b.Add(fmt.Sprintf("%s_%d", op.Kind(), g.nodes), op, in...)
}

// keep offers a feature map to later steps.
func (g *grower) keep(n *nn.Node) { g.features = append(g.features, n) }

// source returns the latest feature map or, at times, an earlier one, which
// then has several readers.
func (g *grower) source() *nn.Node {
	if g.rng.IntN(4) == 0 {
		return pick(g.rng, g.features)
	}
	return g.features[len(g.features)-1]
}

// partner returns another feature map that fits says fits n, or nil.
func (g *grower) partner(n *nn.Node, fits func(a, b nn.Shape) bool) *nn.Node {
	var found []*nn.Node
	for _, other := range g.features {
		if other != n && fits(n.Shape, other.Shape) {
			found = append(found, other)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return pick(g.rng, found)
}

func sameShape(a, b nn.Shape) bool { return a.Equal(b) }
func sameSize(a, b nn.Shape) bool  { return a[0] == b[0] && a[1] == b[1] }

func (g *grower) coin() bool { return g.rng.IntN(2) == 0 }

// window draws a window that fits n.
func (g *grower) window(n *nn.Node) nn.Window {
	w := nn.Window{Size: pick(g.rng, [][2]int{{1, 1}, {1, 1}, {3, 3}, {3, 3}, {2, 2}, {1, 3}, {5, 5}}), Dilation: [2]int{1, 1}}
	w.Stride = pick(g.rng, [][2]int{{1, 1}, {1, 1}, {2, 2}, {2, 2}, {3, 3}, {1, 2}})
	if g.rng.IntN(4) == 0 {
		w.Dilation = pick(g.rng, [][2]int{{2, 2}, {1, 2}, {3, 1}})
	}
	switch {
	case g.coin():
		w = w.Same(n.Shape[0], n.Shape[1])
	case g.coin():
		w.Pad = nn.Pad{Top: g.rng.IntN(w.Size[0]), Bottom: g.rng.IntN(w.Size[0]), Left: g.rng.IntN(w.Size[1]), Right: g.rng.IntN(w.Size[1])}
	}
	if _, _, err := w.Output(n.Shape[0], n.Shape[1]); err != nil {
		return nn.Square(1, 1)
	}
	return w
}

// conv adds a convolution; relu and norm add a node behind n.
func (g *grower) conv(n *nn.Node, w nn.Window, filters int) *nn.Node {
	return g.add(&nn.Conv2D{Window: w, Filters: filters, UseBias: g.coin()}, n)
}

func (g *grower) relu(n *nn.Node) *nn.Node { return g.add(&nn.Activation{Func: nn.ReLU}, n) }

func (g *grower) norm(n *nn.Node) *nn.Node {
	return g.add(&nn.BatchNorm{Axis: -1, Epsilon: 1e-3, Scale: g.rng.IntN(4) > 0, Center: g.rng.IntN(4) > 0}, n)
}

func (g *grower) filters() int { return 1 + g.rng.IntN(12) }

func (g *grower) convolve() {
	n := g.source()
	g.keep(g.conv(n, g.window(n), g.filters()))
}

// convolveBatchNorm adds what nearly every network is made of; at times with an
// activation between the two, or another reader, either of which forbids
// folding.
func (g *grower) convolveBatchNorm() {
	n := g.source()
	n = g.conv(n, g.window(n), g.filters())
	if g.rng.IntN(4) == 0 {
		n = g.relu(n)
	}
	if g.rng.IntN(4) == 0 {
		g.keep(n)
	}
	n = g.norm(n)
	if g.coin() {
		n = g.relu(n)
	}
	g.keep(n)
}

func (g *grower) depthwise() {
	n := g.source()
	g.keep(g.add(&nn.DepthwiseConv2D{Window: g.window(n), Multiplier: 1 + g.rng.IntN(2), UseBias: g.coin()}, n))
}

// padConvolve adds padding by a layer of its own, before a convolution or a
// pooling layer that has none.
func (g *grower) padConvolve() {
	pad := nn.Pad{Top: g.rng.IntN(4), Bottom: g.rng.IntN(4), Left: g.rng.IntN(4), Right: g.rng.IntN(4)}
	n := g.add(&nn.ZeroPad{Pad: pad}, g.source())
	size := min(3, n.Shape[0], n.Shape[1])
	if g.coin() {
		g.keep(g.conv(n, nn.Square(size, 1+g.rng.IntN(2)), g.filters()))
		return
	}
	g.keep(g.add(&nn.MaxPool{Window: nn.Square(size, 2)}, n))
}

func (g *grower) batchNorm() { g.keep(g.norm(g.source())) }

func (g *grower) activate() {
	if g.coin() {
		g.keep(g.relu(g.source()))
		return
	}
	g.keep(g.activation(g.source()))
}

// activation adds any function behind n, at times a rectifier with a slope and a
// bound.
func (g *grower) activation(n *nn.Node) *nn.Node {
	op := nn.Default(pick(g.rng, tame()))
	if op.Func == nn.ReLU && g.coin() {
		op.Slope, op.Max = 0.25, float32(g.rng.IntN(2))
	}
	return g.add(&op, n)
}

func (g *grower) pool() {
	n := g.source()
	w := nn.Square(2+g.rng.IntN(2), 2)
	if _, _, err := w.Output(n.Shape[0], n.Shape[1]); err != nil || g.coin() {
		w = w.Same(n.Shape[0], n.Shape[1])
	}
	if g.coin() {
		g.keep(g.add(&nn.MaxPool{Window: w}, n))
		return
	}
	g.keep(g.add(&nn.AvgPool{Window: w}, n))
}

// basicBlock adds relu(x + norm(conv(relu(norm(conv(x)))))).
func (g *grower) basicBlock() {
	x := g.source()
	three := nn.Square(3, 1).Same(x.Shape[0], x.Shape[1])
	n := g.relu(g.norm(g.conv(x, three, g.filters())))
	n = g.norm(g.conv(n, three, x.Shape.Channels()))
	g.keep(g.relu(g.add(&nn.Add{}, x, n)))
}

// bottleneck adds the three convolutions of He et al. 2015 with a shortcut that
// is a convolution too; the stride is in the first or, as in version 1.5, in
// the second.
func (g *grower) bottleneck() {
	x := g.source()
	width, filters, stride := g.filters(), g.filters(), 1+g.rng.IntN(2)
	first, second := stride, 1
	if g.coin() {
		first, second = second, first
	}
	n := g.relu(g.norm(g.conv(x, nn.Square(1, first), width)))
	// Symmetric padding, as in the paper: it gives the shortcut's size at
	// either stride, where padding "same" would shift the window.
	three := nn.Square(3, second)
	three.Pad = nn.Pad{Top: 1, Bottom: 1, Left: 1, Right: 1}
	n = g.relu(g.norm(g.conv(n, three, width)))
	n = g.norm(g.conv(n, nn.Square(1, 1), filters))
	shortcut := g.norm(g.conv(x, nn.Square(1, stride), filters))
	in := []*nn.Node{n, shortcut}
	if g.coin() {
		in = []*nn.Node{shortcut, n}
	}
	g.keep(g.relu(g.add(&nn.Add{}, in...)))
}

// siblings adds two or three convolutions of one feature map by one window, some
// of them rectified.
func (g *grower) siblings() {
	n := g.source()
	w := g.window(n)
	for range 2 + g.rng.IntN(2) {
		branch := g.conv(n, w, g.filters())
		if g.coin() {
			branch = g.relu(g.norm(branch))
		}
		g.keep(branch)
	}
}

// join adds or multiplies two feature maps of one shape.
func (g *grower) join() {
	n := g.source()
	other := g.partner(n, sameShape)
	switch {
	case other == nil:
		g.keep(g.add(&nn.Add{}, n, n))
	case g.coin():
		g.keep(g.add(&nn.Add{}, n, other))
	default:
		g.keep(g.add(&nn.Multiply{}, n, other))
	}
}

// gate adds squeeze and excitation: a factor a channel, made from the means; in
// most networks a 1x1 convolution reads the product.
func (g *grower) gate() {
	x := g.source()
	n := g.add(&nn.GlobalAvgPool{KeepDims: true}, x)
	n = g.add(&nn.Dense{Units: x.Shape.Channels(), UseBias: g.coin()}, n)
	n = g.add(&nn.Activation{Func: nn.Sigmoid}, n)
	in := []*nn.Node{x, n}
	if g.coin() {
		in = []*nn.Node{n, x}
	}
	n = g.add(&nn.Multiply{}, in...)
	if g.rng.IntN(4) == 0 {
		g.keep(n)
	}
	if g.coin() {
		n = g.norm(g.conv(n, nn.Square(1, 1+g.rng.IntN(2)), g.filters()))
	}
	g.keep(n)
}

// prescale adds scales and offsets as in front of many networks, and behind them
// at times a convolution, which may have padding by a layer of its own.
func (g *grower) prescale() {
	n := g.source()
	for range 1 + g.rng.IntN(3) {
		channels := n.Shape.Channels()
		switch g.rng.IntN(3) {
		case 0:
			n = g.add(&nn.Normalize{Adapted: true}, n)
		case 1:
			n = g.add(&nn.Rescale{Scale: Normal(g.rng, 1, 0.5, channels).Data, Offset: []float32{float32(g.rng.IntN(2))}}, n)
		default:
			n = g.add(&nn.Rescale{Scale: []float32{0.5}, Offset: Normal(g.rng, 0, 1, channels).Data}, n)
		}
	}
	if g.rng.IntN(4) == 0 {
		n = g.add(&nn.ZeroPad{Pad: nn.Pad{Top: 1, Left: 1}}, n)
	}
	if g.rng.IntN(4) > 0 {
		n = g.conv(n, g.window(n), g.filters())
	}
	g.keep(n)
}

// inverted adds the block of MobileNetV2 and EfficientNet: a 1x1 convolution, a
// depthwise one and another 1x1, each normalised, the first two with an
// activation.
func (g *grower) inverted() {
	x := g.source()
	n := g.activation(g.norm(g.conv(x, nn.Square(1, 1), g.filters())))
	n = g.add(&nn.DepthwiseConv2D{Window: g.window(n), Multiplier: 1, UseBias: g.coin()}, n)
	n = g.activation(g.norm(n))
	n = g.norm(g.conv(n, nn.Square(1, 1), x.Shape.Channels()))
	if n.Shape.Equal(x.Shape) {
		n = g.add(&nn.Add{}, n, x)
	}
	g.keep(n)
}

// concat joins the channels of two feature maps of one height and width.
func (g *grower) concat() {
	n := g.source()
	if other := g.partner(n, sameSize); other != nil {
		g.keep(g.add(&nn.Concat{Axis: 2 - 3*g.rng.IntN(2)}, n, other))
	}
}

// twice calls one convolution on two feature maps, so that it has weights that
// two nodes share.
func (g *grower) twice() {
	n := g.source()
	other := g.partner(n, sameShape)
	if other == nil {
		return
	}
	first := g.conv(n, nn.Square(1, 1), g.filters())
	source := nn.Source{Layer: first.Layer, Class: first.Class, Call: 1}
	second := g.b.From(source, first.Name+"_again", first.Op, other)
	g.keep(first)
	g.keep(g.norm(second))
}

func (g *grower) crop() {
	if n := g.source(); n.Shape[0] > 2 && n.Shape[1] > 1 {
		g.keep(g.add(&nn.Crop{Pad: nn.Pad{Top: 1, Bottom: g.rng.IntN(2), Right: 1}}, n))
	}
}

// pass adds a layer that does little or nothing.
func (g *grower) pass() {
	n := g.source()
	if g.coin() {
		g.keep(g.add(&nn.Identity{}, n))
		return
	}
	g.keep(g.add(&nn.Rescale{Scale: []float32{0.5}, Offset: []float32{1}}, n))
}

// outputs adds a classifier, or not, and takes some of the feature maps that
// nobody reads as further outputs; the others stay dead.
func (g *grower) outputs() []*nn.Node {
	last := g.features[len(g.features)-1]
	out := []*nn.Node{g.classifier(last)}
	read := map[*nn.Node]bool{last: true}
	for i := len(g.features) - 1; i >= 0; i-- {
		n := g.features[i]
		if !read[n] && g.rng.IntN(3) == 0 {
			out = append(out, n)
		}
		for _, in := range n.Inputs {
			read[in] = true
		}
	}
	return out
}

func (g *grower) classifier(n *nn.Node) *nn.Node {
	switch g.rng.IntN(4) {
	case 0:
		return n
	case 1:
		n = g.add(&nn.Flatten{}, n)
	case 2:
		n = g.add(&nn.GlobalMaxPool{}, n)
	default:
		n = g.add(&nn.GlobalAvgPool{}, n)
	}
	for range g.rng.IntN(3) {
		n = g.hidden(n)
	}
	n = g.add(&nn.Dense{Units: 2 + g.rng.IntN(5), UseBias: g.coin()}, n)
	if g.coin() {
		return g.add(&nn.Softmax{}, n)
	}
	return n
}

// hidden adds a layer of a perceptron, at times normalised.
func (g *grower) hidden(n *nn.Node) *nn.Node {
	n = g.add(&nn.Dense{Units: g.filters(), UseBias: g.coin()}, n)
	if g.coin() {
		n = g.norm(n)
	}
	return g.relu(n)
}

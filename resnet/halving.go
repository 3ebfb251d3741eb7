package resnet

import (
	"fmt"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// halving is how the first block of a stage halves height and width. A nil step
// is left out.
type halving struct {
	deepStem bool // three 3x3 in place of the net's 7x7 (ResNet-C)

	both   step // before both paths
	first  int  // stride of the main path's first 1x1
	inside step // behind that 1x1's ReLU
	middle int  // stride of its 3x3
	after  step // behind the 3x3's ReLU

	before   step // before the shortcut's 1x1
	shortcut int  // stride of the shortcut
	behind   step // behind the shortcut's 1x1 and its normalisation
	identity bool // the shortcut has no 1x1: zeros fill its channels
}

// step adds layers, named after prefix, that keep the channels of x.
type step func(n *network, x *nn.Node, prefix string) *nn.Node

// atStride1 returns the same kind of block where nothing is halved.
func (h halving) atStride1() halving {
	return halving{first: 1, middle: 1, shortcut: 1, identity: h.identity}
}

// strided is the exercise's way: the Caffe release of He et al. 2015.
func strided() halving { return halving{first: 2, middle: 1, shortcut: 2} }

// Variant returns the exercise's net with another way to halve its feature maps
// at the entry of stages 3, 4 and 5, by the name that [Architectures] gives as
// Architecture.Variant. A feature map of n positions becomes one of ceil(n / 2)
// in every variant; weights keep their names and, but for the stem of "c" and
// "d", the missing projections of "option-a" and the fixed taps of "blurpool",
// their shapes.
func Variant(name string, o ExerciseOptions) (*nn.Graph, error) {
	var names []string
	for _, v := range variants() {
		if strings.EqualFold(v.name, name) || v.alias != "" && strings.EqualFold(v.alias, name) {
			return exercise(o, v.halving)
		}
		names = append(names, v.name)
	}
	return nil, fmt.Errorf("%w: variant %q; known are %s", ErrUnknown, name, strings.Join(names, ", "))
}

// variant is a halving with its origin.
type variant struct {
	name, alias                     string
	summary, paper, section, source string
	halving
}

// variants lists the ways to halve, in the order of their publication.
func variants() []variant {
	return []variant{
		{
			name: "a", alias: "v1",
			summary: "1x1/2 on both paths: three quarters of the positions are never read",
			paper:   heResidual, section: "table 1, figure 5; the stride's place is the Caffe release's",
			source:  "https://github.com/KaimingHe/deep-residual-networks",
			halving: strided(),
		},
		{
			name:    "option-a",
			summary: "1x1/2 on the main path; the shortcut takes every second position and fills its channels with zeros",
			paper:   heResidual, section: "section 3.3, option A",
			source:  "https://arxiv.org/abs/1512.03385",
			halving: halving{first: 2, middle: 1, shortcut: 2, identity: true},
		},
		{
			name: "v1.5", alias: "b",
			summary: "the main path strides in its 3x3, the shortcut in its 1x1; also called ResNet-B",
			paper:   heTricks, section: "section 4.2, ResNet-B",
			source:  "https://github.com/facebookarchive/fb.resnet.torch",
			halving: halving{first: 1, middle: 2, shortcut: 2},
		},
		{
			name:    "c",
			summary: "v1.5 with three 3x3 in place of the stem's 7x7 (ResNet-C)",
			paper:   heTricks, section: "section 4.2, ResNet-C",
			source:  "https://arxiv.org/abs/1812.01187",
			halving: halving{deepStem: true, first: 1, middle: 2, shortcut: 2},
		},
		{
			name:    "d",
			summary: "c with a 2x2/2 average pool and a 1x1/1 in the shortcut (ResNet-D)",
			paper:   heTricks, section: "section 4.2, ResNet-D",
			source:  "https://arxiv.org/abs/1812.01187",
			halving: halving{deepStem: true, first: 1, middle: 2, before: pooled(averagePool), shortcut: 1},
		},
		{
			name:    "blurpool",
			summary: "the block's convolutions at stride 1; a 3x3/2 triangle filter halves behind the 3x3 and before the shortcut's 1x1",
			paper:   zhang, section: "section 3.2, ConvBlurPool with Tri-3",
			source:  "https://github.com/adobe/antialiased-cnns",
			halving: halving{first: 1, middle: 1, after: blur, before: blur, shortcut: 1},
		},
		{
			name:    "maxpool",
			summary: "one 2x2/2 max pool before both paths, both 1x1 at stride 1",
			source:  "defined here",
			halving: halving{both: maxPool, first: 1, middle: 1, shortcut: 1},
		},
		{
			name:    "avgpool",
			summary: "one 2x2/2 average pool before both paths, both 1x1 at stride 1",
			source:  "defined here: the shortcut of d on both paths",
			halving: halving{both: averagePool, first: 1, middle: 1, shortcut: 1},
		},
		{
			name:    "maxpool-after",
			summary: "both 1x1 at stride 1, a 2x2/2 max pool behind each: maxpool with the order turned round",
			source:  "defined here",
			halving: halving{first: 1, inside: pooled(maxPool), middle: 1, shortcut: 1, behind: pooled(maxPool)},
		},
		{
			name:    "avgpool-after",
			summary: "both 1x1 at stride 1, a 2x2/2 average pool behind each: avgpool with the order turned round",
			source:  "defined here",
			halving: halving{first: 1, inside: pooled(averagePool), middle: 1, shortcut: 1, behind: pooled(averagePool)},
		},
	}
}

const (
	heResidual = "He, Zhang, Ren, Sun 2015, Deep Residual Learning for Image Recognition, arXiv:1512.03385"
	heIdentity = "He, Zhang, Ren, Sun 2016, Identity Mappings in Deep Residual Networks, arXiv:1603.05027"
	heTricks   = "He, Zhang, Zhang, Zhang, Xie, Li 2018, Bag of Tricks for Image Classification, arXiv:1812.01187"
	zhang      = "Zhang 2019, Making Convolutional Networks Shift-Invariant Again, arXiv:1904.11486"
)

func maxPool(n *network, x *nn.Node, name string) *nn.Node {
	return n.add(name, &nn.MaxPool{Window: same(x, 2, 2)}, x)
}

func averagePool(n *network, x *nn.Node, name string) *nn.Node {
	return n.add(name, &nn.AvgPool{Window: same(x, 2, 2)}, x)
}

// pooled returns the pool as a step of one path, named after the path.
func pooled(pool step) step {
	return func(n *network, x *nn.Node, prefix string) *nn.Node { return pool(n, x, prefix+"_pool") }
}

// blur adds a depthwise 3x3/2 whose taps, the outer product of (1, 2, 1) / 4
// with itself, are set here and not trained: Tri-3 of Zhang 2019, with zeros
// beyond the edges where the paper reflects.
func blur(n *network, x *nn.Node, prefix string) *nn.Node {
	x = n.pad(x, prefix+"_pad", 1)
	op := &nn.DepthwiseConv2D{Window: nn.Square(3, 2), Multiplier: 1}
	blurred := n.add(prefix+"_blur", op, x)
	if n.Err() != nil {
		return blurred
	}
	taps := [3]float32{0.25, 0.5, 0.25}
	c := x.Shape.Channels()
	op.Kernel = nn.NewTensor(3, 3, c, 1)
	for i := range op.Kernel.Data {
		op.Kernel.Data[i] = taps[i/(3*c)] * taps[i/c%3]
	}
	return blurred
}

// zeroShortcut sub-samples x with a 1x1 max pool and joins it to as many copies
// of itself, multiplied by 0, as fill the channels: no operation of Keras pads
// channels.
func (n *network) zeroShortcut(x *nn.Node, prefix string, filters, stride int) *nn.Node {
	if stride > 1 {
		x = n.add(prefix+"_subsample", &nn.MaxPool{Window: nn.Square(1, stride)}, x)
	}
	zeros := n.add(prefix+"_zeros", &nn.Rescale{Scale: []float32{0}, Offset: []float32{0}}, x)
	parts := []*nn.Node{x}
	for c := x.Shape.Channels(); c < filters; c += x.Shape.Channels() {
		parts = append(parts, zeros)
	}
	return n.add(prefix+"_concat", &nn.Concat{Axis: 2}, parts...)
}

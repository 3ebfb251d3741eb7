package resnet

import (
	"fmt"

	"github.com/vkeras/vkeras/nn"
)

// Naming is how the exercise's layers are called.
type Naming string

// The namings of the course's two editions.
const (
	CourseNames Naming = "course" // conv1, bn_conv1, res2a_branch2a, bn2a_branch2a, ..., fc6
	AutoNames   Naming = "auto"   // conv2d, conv2d_1, batch_normalization, ..., dense: Keras's own
)

// ExerciseOptions are the options of the exercise's net.
type ExerciseOptions struct {
	Options
	Naming Naming // "" is CourseNames

	// First is the first number of each automatic name, by its base
	// ("conv2d"), for a net that was not the first of its session: 53 makes
	// conv2d_53. The base "" stands for all that are not listed; old Keras
	// counts from 1.
	First map[string]int
}

// Exercise returns the ResNet50 of the course exercise (deeplearning.ai,
// Convolutional Neural Networks, "Residual Networks"), without weights: (64, 64,
// 3) to 6 hand signs. It is He et al. 2015, table 1, with the 1x1/2 of the Caffe
// release on both paths of a halving block, an unpadded 3x3/2 max pool and, at
// the end, a 2x2 average pool, Flatten and one softmax layer.
func Exercise(o ExerciseOptions) (*nn.Graph, error) { return exercise(o, strided()) }

// exercise returns the exercise's net with that halving in stages 3, 4 and 5.
func exercise(o ExerciseOptions, h halving) (*nn.Graph, error) {
	options, err := o.withDefaults(nn.Shape{64, 64, 3}, 6)
	if err != nil {
		return nil, err
	}
	if o.Naming != "" && o.Naming != CourseNames && o.Naming != AutoNames {
		return nil, fmt.Errorf("%w: naming %q is neither %q nor %q", ErrOptions, o.Naming, CourseNames, AutoNames)
	}
	n := newNetwork("ResNet50", 1e-3, o.Naming == AutoNames, o.First)
	x := n.features(options, h)
	x = n.add("", &nn.Flatten{}, n.add("avg_pool", &nn.AvgPool{Window: nn.Square(2, 2)}, x))
	return n.finish(n.dense(x, fmt.Sprintf("fc%d", options.Classes), options.Classes, softmax))
}

// keras1 returns the exercise's net as Keras 1 had it, whose last average pool has a
// window of that size and belongs to the net without its top too.
func keras1(o Options, pool nn.Window, top bool) (*nn.Graph, error) {
	o, err := o.withDefaults(nn.Shape{224, 224, 3}, 1000)
	if err != nil {
		return nil, err
	}
	n := newNetwork("resnet50", 1e-3, false, nil)
	x := n.add("avg_pool", &nn.AvgPool{Window: pool}, n.features(o, strided()))
	if top {
		x = n.dense(n.add("", &nn.Flatten{}, x), fmt.Sprintf("fc%d", o.Classes), o.Classes, softmax)
	}
	return n.finish(x)
}

// features adds the net up to its last feature map.
func (n *network) features(options Options, h halving) *nn.Node {
	channels := width / options.WidthDivisor
	x := n.add("", &nn.MaxPool{Window: nn.Square(3, 2)}, n.stem(n.input(options.Input), channels, h.deepStem))
	for stage, blocks := range []int{3, 4, 6, 3} {
		for i := range blocks {
			b := block{
				name:    fmt.Sprintf("%d%c", stage+2, 'a'+i),
				width:   channels << stage,
				project: i == 0,
				halving: h.atStride1(),
			}
			if i == 0 && stage > 0 {
				b.halving = h
			}
			x = n.block(x, b)
		}
	}
	return x
}

// stem adds what lies before the max pool: the 7x7/2, or three 3x3 (ResNet-C).
func (n *network) stem(x *nn.Node, channels int, deep bool) *nn.Node {
	conv := func(x *nn.Node, name string, filters int, w nn.Window) *nn.Node {
		return n.relu(n.norm(n.conv(x, name, filters, w), "bn_"+name), "")
	}
	if !deep {
		return conv(n.pad(x, "", 3), "conv1", channels, nn.Square(7, 2))
	}
	half := max(channels/2, 1)
	x = conv(n.pad(x, "", 1), "conv1_1", half, nn.Square(3, 2))
	x = conv(x, "conv1_2", half, same(x, 3, 1))
	return conv(x, "conv1_3", channels, same(x, 3, 1))
}

// block is a bottleneck block: 1x1, 3x3, 1x1, and a shortcut beside them (He et
// al. 2015, figure 5 right).
type block struct {
	name    string // 2a, 2b, ... 5c
	width   int    // channels of the first two convolutions
	project bool   // the shortcut changes the shape
	halving
}

// block adds a block, its layers in the order in which the course makes them.
func (n *network) block(x *nn.Node, b block) *nn.Node {
	name := func(suffix string) string { return "res" + b.name + suffix }
	conv := func(x *nn.Node, branch string, filters int, w nn.Window) *nn.Node {
		return n.norm(n.conv(x, name("_branch"+branch), filters, w), "bn"+b.name+"_branch"+branch)
	}
	if b.both != nil {
		x = b.both(n, x, name("_pool"))
	}
	y := n.relu(conv(x, "2a", b.width, nn.Square(1, b.first)), "")
	if b.inside != nil {
		y = b.inside(n, y, name("_branch2a"))
	}
	if b.middle > 1 {
		// Padding on both sides puts the taps' centres where a 1x1/2 reads.
		y = n.relu(conv(n.pad(y, name("_branch2b_pad"), 1), "2b", b.width, nn.Square(3, b.middle)), "")
	} else {
		y = n.relu(conv(y, "2b", b.width, same(y, 3, 1)), "")
	}
	if b.after != nil {
		y = b.after(n, y, name("_branch2b"))
	}
	y = conv(y, "2c", 4*b.width, nn.Square(1, 1))
	switch {
	case b.project && b.identity:
		x = n.zeroShortcut(x, name("_branch1"), 4*b.width, b.shortcut)
	case b.project:
		if b.before != nil {
			x = b.before(n, x, name("_branch1"))
		}
		x = conv(x, "1", 4*b.width, nn.Square(1, b.shortcut))
		if b.behind != nil {
			x = b.behind(n, x, name("_branch1"))
		}
	}
	return n.relu(n.add("", &nn.Add{}, y, x), "")
}

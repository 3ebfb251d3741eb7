package resnet

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// Pooling is what a net of keras.applications without its top ends in.
type Pooling string

// The poolings of keras.applications.
const (
	NoPooling  Pooling = ""    // the last feature map
	AvgPooling Pooling = "avg" // its mean, channel by channel
	MaxPooling Pooling = "max" // its largest value, channel by channel
)

// ApplicationOptions are the arguments of the functions of keras.applications.
// The zero value is their default: (224, 224, 3) to 1000 classes.
type ApplicationOptions struct {
	Options
	NoTop      bool    // include_top=False: Classes and Classifier are not read
	Pooling    Pooling // pooling; read with NoTop alone
	Classifier nn.Func // classifier_activation; "" is softmax, nn.Linear gives logits
}

// application is a family of keras.applications.
type application struct {
	name    string // as keras.applications spells it
	blocks  [4]int // of stages 2 to 5 (He et al. 2015, table 1)
	version int
}

func applications() []application {
	depths := []struct {
		layers int
		blocks [4]int
	}{{50, [4]int{3, 4, 6, 3}}, {101, [4]int{3, 4, 23, 3}}, {152, [4]int{3, 8, 36, 3}}}
	var all []application
	for version, suffix := range []string{"", "V2"} {
		for _, d := range depths {
			all = append(all, application{fmt.Sprintf("ResNet%d%s", d.layers, suffix), d.blocks, version + 1})
		}
	}
	return all
}

// Applications returns a net of keras.applications, without weights, its layers
// named as in Keras 2.3 and later: ResNet50, ResNet101, ResNet152 and the same
// with V2, in any case of letters. Version 1 strides in the first 1x1 of a block
// (He et al. 2015); version 2 is preactivated (He et al. 2016) and strides in
// the 3x3 of a stage's last block.
func Applications(name string, o ApplicationOptions) (*nn.Graph, error) {
	all := applications()
	i := slices.IndexFunc(all, func(a application) bool { return strings.EqualFold(a.name, name) })
	if i < 0 {
		return nil, fmt.Errorf("%w: keras.applications has no residual network %q", ErrUnknown, name)
	}
	options, err := o.withDefaults(nn.Shape{224, 224, 3}, 1000)
	if err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	o.Options = options
	return all[i].build(o)
}

func (o ApplicationOptions) check() error {
	if o.Classifier != "" && o.Classifier != softmax && !slices.Contains(nn.Funcs(), o.Classifier) {
		return fmt.Errorf("%w: classifier activation %q is not known", ErrOptions, o.Classifier)
	}
	if !slices.Contains([]Pooling{NoPooling, AvgPooling, MaxPooling}, o.Pooling) {
		return fmt.Errorf("%w: pooling %q is none of \"\", avg, max", ErrOptions, o.Pooling)
	}
	return nil
}

// build follows keras/src/applications/resnet.py.
func (a application) build(o ApplicationOptions) (*nn.Graph, error) {
	n := newNetwork(strings.ToLower(a.name), 1.001e-5, false, nil)
	channels := width / o.WidthDivisor
	x := n.conv(n.pad(n.input(o.Input), "conv1_pad", 3), "conv1_conv", channels, nn.Square(7, 2))
	if a.version == 1 {
		x = n.relu(n.norm(x, "conv1_bn"), "conv1_relu")
	}
	x = n.add("pool1_pool", &nn.MaxPool{Window: nn.Square(3, 2)}, n.pad(x, "pool1_pad", 1))
	for stage, blocks := range a.blocks {
		for i := range blocks {
			name := fmt.Sprintf("conv%d_block%d", stage+2, i+1)
			if a.version == 1 {
				x = n.blockV1(x, name, channels<<stage, i == 0, stage > 0)
			} else {
				x = n.blockV2(x, name, channels<<stage, i == 0, i == blocks-1 && stage < 3)
			}
		}
	}
	if a.version == 2 {
		x = n.relu(n.norm(x, "post_bn"), "post_relu")
	}
	return n.finish(n.top(x, o))
}

// top adds the classifier, or the pooling that stands in its place.
func (n *network) top(x *nn.Node, o ApplicationOptions) *nn.Node {
	switch {
	case !o.NoTop:
		return n.dense(n.add("avg_pool", &nn.GlobalAvgPool{}, x), "predictions", o.Classes, o.Classifier)
	case o.Pooling == AvgPooling:
		return n.add("avg_pool", &nn.GlobalAvgPool{}, x)
	case o.Pooling == MaxPooling:
		return n.add("max_pool", &nn.GlobalMaxPool{}, x)
	}
	return x
}

// blockV1 adds residual_block_v1. The first block of a stage has a projection,
// and from stage 3 on it halves.
func (n *network) blockV1(x *nn.Node, name string, filters int, first, halve bool) *nn.Node {
	stride := 1
	if first && halve {
		stride = 2
	}
	shortcut := x
	if first {
		shortcut = n.norm(n.conv(x, name+"_0_conv", 4*filters, nn.Square(1, stride)), name+"_0_bn")
	}
	x = n.relu(n.norm(n.conv(x, name+"_1_conv", filters, nn.Square(1, stride)), name+"_1_bn"), name+"_1_relu")
	x = n.relu(n.norm(n.conv(x, name+"_2_conv", filters, same(x, 3, 1)), name+"_2_bn"), name+"_2_relu")
	x = n.norm(n.conv(x, name+"_3_conv", 4*filters, nn.Square(1, 1)), name+"_3_bn")
	return n.relu(n.add(name+"_add", &nn.Add{}, shortcut, x), name+"_out")
}

// blockV2 adds residual_block_v2. The first block of a stage has a projection;
// the last block of stages 2 to 4 halves.
func (n *network) blockV2(x *nn.Node, name string, filters int, first, halve bool) *nn.Node {
	stride := 1
	if halve {
		stride = 2
	}
	active := n.relu(n.norm(x, name+"_preact_bn"), name+"_preact_relu")
	shortcut := x
	switch {
	case first:
		shortcut = n.conv(active, name+"_0_conv", 4*filters, nn.Square(1, stride))
	case halve:
		shortcut = n.add("", &nn.MaxPool{Window: nn.Square(1, stride)}, x)
	}
	x = n.add(name+"_1_conv", &nn.Conv2D{Window: nn.Square(1, 1), Filters: filters}, active)
	x = n.pad(n.relu(n.norm(x, name+"_1_bn"), name+"_1_relu"), name+"_2_pad", 1)
	x = n.add(name+"_2_conv", &nn.Conv2D{Window: nn.Square(3, stride), Filters: filters}, x)
	x = n.relu(n.norm(x, name+"_2_bn"), name+"_2_relu")
	x = n.conv(x, name+"_3_conv", 4*filters, nn.Square(1, 1))
	return n.add(name+"_out", &nn.Add{}, shortcut, x)
}

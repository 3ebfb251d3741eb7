package validate

import (
	"fmt"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// layerMistakes lists the usual mistakes in layers that are no part of
// convolutional blocks.
func layerMistakes(n *nn.Node, in []*nn.Tensor) []mistake {
	switch op := n.Op.(type) {
	case *nn.LayerNorm:
		return layerNormMistakes(op, in)
	case *nn.GroupNorm:
		return groupNormMistakes(op, n.Shape, in)
	case *nn.PReLU:
		return []mistake{{"alpha is left out", &nn.Activation{Func: nn.ReLU}, in}, {"alpha is 0.25 everywhere", &nn.Activation{Func: nn.ReLU, Slope: 0.25}, in}}
	case *nn.Softmax:
		return otherAxes(op.Axes, n.Shape, in, func(axes []int) nn.Op { return &nn.Softmax{Axes: axes} })
	case *nn.Normalize:
		return normalizeMistakes(op, in)
	case *nn.GroupedConv2D:
		return groupedMistakes(op, in)
	case *nn.Conv2DTranspose:
		return transposedMistakes(op, in)
	case *nn.Resize:
		return resizeMistakes(op, in)
	}
	return nil
}

// epsilons are those that layers have by default somewhere.
func epsilons(own float32) []float32 {
	return slices.DeleteFunc([]float32{0, 1e-3, 1e-5, 1e-6, 1e-4, 1e-2}, func(e float32) bool { return max(e-own, own-e) <= own/100 })
}

func layerNormMistakes(op *nn.LayerNorm, in []*nn.Tensor) []mistake {
	var list []mistake
	add := func(text string, change func(*nn.LayerNorm)) {
		wrong := *op
		change(&wrong)
		list = append(list, mistake{text, &wrong, in})
	}
	if op.Func != nn.NormL2 {
		for _, e := range epsilons(op.Epsilon) {
			add(fmt.Sprintf("epsilon is %v and not %v", e, op.Epsilon), func(l *nn.LayerNorm) { l.Epsilon = e })
		}
	}
	for _, f := range nn.NormFuncs() {
		if f != op.Func {
			add(fmt.Sprintf("it is divided as %s and not as %s", f, op.Func), func(l *nn.LayerNorm) { l.Func = f })
		}
	}
	if op.Scale {
		add("gamma is left out", func(l *nn.LayerNorm) { l.Scale, l.Gamma = false, nil })
	}
	if op.Center {
		add("beta is left out", func(l *nn.LayerNorm) { l.Center, l.Beta = false, nil })
	}
	if op.Scale && op.Center {
		add("gamma and beta are exchanged", func(l *nn.LayerNorm) { l.Gamma, l.Beta = l.Beta, l.Gamma })
	}
	if !op.Scale && !op.Center {
		list = append(list, otherAxes(op.Axes, nn.Shape(in[0].Shape[1:]), in, func(axes []int) nn.Op {
			wrong := *op
			wrong.Axes = axes
			return &wrong
		})...)
	}
	return list
}

// otherAxes lists an operation along the last axis, or along all.
func otherAxes(own []int, image nn.Shape, in []*nn.Tensor, op func(axes []int) nn.Op) []mistake {
	var list []mistake
	if own != nil {
		list = append(list, mistake{"it is along the last axis", op(nil), in})
	}
	if len(own) < len(image) && len(image) > 1 {
		all := make([]int, len(image))
		for a := range all {
			all[a] = a
		}
		list = append(list, mistake{"it is along all axes", op(all), in})
	}
	return list
}

func groupNormMistakes(op *nn.GroupNorm, image nn.Shape, in []*nn.Tensor) []mistake {
	var list []mistake
	add := func(text string, change func(*nn.GroupNorm)) {
		wrong := *op
		change(&wrong)
		list = append(list, mistake{text, &wrong, in})
	}
	for _, e := range epsilons(op.Epsilon) {
		add(fmt.Sprintf("epsilon is %v and not %v", e, op.Epsilon), func(g *nn.GroupNorm) { g.Epsilon = e })
	}
	if op.Groups != 1 {
		add("all channels are one group", func(g *nn.GroupNorm) { g.Groups = 1 })
	}
	if channels := image[op.WeightAxes(image)[0]]; op.Groups != channels {
		add("each channel is a group", func(g *nn.GroupNorm) { g.Groups = channels })
	}
	if op.Scale {
		add("gamma is left out", func(g *nn.GroupNorm) { g.Scale, g.Gamma = false, nil })
	}
	if op.Center {
		add("beta is left out", func(g *nn.GroupNorm) { g.Center, g.Beta = false, nil })
	}
	return list
}

func normalizeMistakes(op *nn.Normalize, in []*nn.Tensor) []mistake {
	inverse, bare, raw := *op, *op, *op
	inverse.Invert = !op.Invert
	bare.Mean = nn.NewTensor(op.Mean.Shape...)
	raw.Variance = each(op.Variance, func(v float32) float32 { return v * v })
	return []mistake{{"it is inverted", &inverse, in}, {"the mean is left out", &bare, in}, {"the variance's root is not taken", &raw, in}}
}

func groupedMistakes(op *nn.GroupedConv2D, in []*nn.Tensor) []mistake {
	var list []mistake
	if op.UseBias {
		wrong := *op
		wrong.UseBias, wrong.Bias = false, nil
		list = append(list, mistake{"the bias is left out", &wrong, in})
	}
	if channels := in[0].Shape[3]; op.Groups > 1 && op.Groups < channels {
		list = append(list, mistake{"groups are of every so many-th channel", op, []*nn.Tensor{interleaved(in[0], op.Groups)}})
	}
	return list
}

// interleaved returns a feature map whose channel g, g + G, ... are neighbours.
func interleaved(x *nn.Tensor, groups int) *nn.Tensor {
	y, channels := nn.NewTensor(x.Shape...), x.Shape[3]
	own := channels / groups
	for e := range y.Data {
		c := e % channels
		y.Data[e] = x.Data[e-c+c%own*groups+c/own]
	}
	return y
}

func transposedMistakes(op *nn.Conv2DTranspose, in []*nn.Tensor) []mistake {
	flipped, cut, bare := *op, *op, *op
	taps := op.Size[0] * op.Size[1]
	flipped.Kernel = nn.NewTensor(op.Kernel.Shape...)
	size := op.Kernel.Len() / taps
	for t := range taps {
		copy(flipped.Kernel.Data[t*size:(t+1)*size], op.Kernel.Data[(taps-1-t)*size:(taps-t)*size])
	}
	list := []mistake{}
	if taps > 1 {
		list = append(list, mistake{"the kernel is flipped", &flipped, in})
	}
	if op.Top+op.Left > 0 {
		cut.Top, cut.Left = 0, 0
		list = append(list, mistake{"nothing is cut off in front", &cut, in})
	}
	if op.UseBias {
		bare.UseBias, bare.Bias = false, nil
		list = append(list, mistake{"the bias is left out", &bare, in})
	}
	return list
}

func resizeMistakes(op *nn.Resize, in []*nn.Tensor) []mistake {
	var list []mistake
	for _, m := range nn.ResizeMethods() {
		if m != op.Method {
			wrong := *op
			wrong.Method = m
			list = append(list, mistake{fmt.Sprintf("the interpolation is %s and not %s", m, op.Method), &wrong, in})
		}
	}
	if op.Method != nn.ResizeNearest && op.Method != nn.ResizeArea {
		wrong, text := *op, "it is antialiased"
		if wrong.Antialias = !op.Antialias; op.Antialias {
			text = "it is not antialiased"
		}
		list = append(list, mistake{text, &wrong, in})
	}
	return list
}

package explore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// subtitle is a node's second line: what it does, and what it makes.
func subtitle(n *nn.Node) string {
	kind := n.Op.Kind()
	if w, ok := nn.WindowOf(n.Op); ok {
		kind += " " + w.String()
	} else if named, ok := n.Op.(fmt.Stringer); ok {
		kind = named.String()
	}
	return kind + "  " + extent(n.Shape)
}

// details are what a node's operation is made of, as names and values.
func details(n *nn.Node) [][2]string {
	d := [][2]string{}
	add := func(name, format string, a ...any) { d = append(d, [2]string{name, fmt.Sprintf(format, a...)}) }
	if w, ok := nn.WindowOf(n.Op); ok {
		add("window", "%d × %d", w.Size[0], w.Size[1])
		add("stride", "%d × %d", w.Stride[0], w.Stride[1])
		if w.Step(0) != 1 || w.Step(1) != 1 {
			add("dilation", "%d × %d", w.Step(0), w.Step(1))
		}
		if w.Pad != (nn.Pad{}) {
			add("padding", "top %d, bottom %d, left %d, right %d", w.Pad.Top, w.Pad.Bottom, w.Pad.Left, w.Pad.Right)
		}
	}
	switch op := n.Op.(type) {
	case *nn.ZeroPad:
		add("padding", "top %d, bottom %d, left %d, right %d", op.Top, op.Bottom, op.Left, op.Right)
	case *nn.Crop:
		add("cropping", "top %d, bottom %d, left %d, right %d", op.Top, op.Bottom, op.Left, op.Right)
	case *nn.Concat:
		add("axis", "%d", op.Axis)
	case *nn.Activation:
		add("function", "%s", op.Func)
	case *nn.BatchNorm:
		add("epsilon", "%s", strconv.FormatFloat(float64(op.Epsilon), 'g', -1, 32))
	}
	for _, p := range n.Params() {
		add(p.Role, "%s", p.Shape)
	}
	if n.Call > 0 {
		add("call", "%d of the layer", n.Call+1)
	}
	for i := range d {
		d[i][1] = strings.TrimSpace(d[i][1])
	}
	return d
}

package loader

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// parts is a tensor whose batch counts parts of pictures, the parts of one behind one
// another, as where the windows of a feature map or the views of a thing are given the
// batch's axis: (pictures parts, ...). x has the parts on its first axis.
type parts struct {
	x  *nn.Node
	at int // the place of the batch among the axes of a part, as of a batch
}

func (p parts) String() string { return "a tensor whose batch counts parts of pictures" }

// foldedTo gives a tensor a shape of which one picture has several; nil where it has
// one, or none.
func (o *operation) foldedTo(x *nn.Node, shape nn.Shape) []*nn.Node {
	size, err := shape.Elements()
	if err != nil || size == 0 || x.Shape.Len()%size != 0 || x.Shape.Len() == size || x.Shape.Len()/size > maxTimes {
		return nil
	}
	y := o.add(&nn.Reshape{Target: append(nn.Shape{x.Shape.Len() / size}, shape...)}, x)
	if y == nil {
		return one(nil)
	}
	return o.static(parts{x: y})
}

// takesParts reports whether a layer knows what to do with parts: a model, whose
// layers are asked, and reshape, which makes them.
func (l *layer) takesParts() bool {
	function := l.operatorName()
	return l.nested != nil && l.wrappers() == 0 || l.operator && (function == "Reshape" || function == "reshape")
}

// takesStacks reports whether a layer is given feature maps with an axis in front of
// them, as Conv2D of Keras 2 takes them.
func (l *layer) takesStacks(in []*nn.Node) bool {
	return l.class == "Conv2D" && l.before3 && len(in) == 1 && in[0].Index >= 0 && len(in[0].Shape) == 4
}

// onStack applies a layer to each feature map of a stack.
func (a *assembler) onStack(l *layer, c call, name string, in *nn.Node) ([]*nn.Node, error) {
	if n := in.Shape[0]; n > maxTimes {
		return nil, layerError(l.class, l.fullName, unsupported("%d feature maps in front of each other: at most %d", n, maxTimes))
	}
	out, err := a.onParts(l, c, name, one(a.known(in.Name, parts{x: in})), in.Shape[0])
	if err != nil {
		return nil, err
	}
	return one(a.statics[out[0]].(parts).x), nil
}

// partsIn returns how many parts of each picture a layer's inputs have, 0 where they
// are whole ones.
func (a *assembler) partsIn(in []*nn.Node) (int, error) {
	times, whole := 0, false
	for _, n := range in {
		p, ok := a.statics[n].(parts)
		switch {
		case ok && times > 0 && p.x.Shape[0] != times:
			return 0, unsupported("reads %d and %d parts of a picture", times, p.x.Shape[0])
		case ok:
			times = p.x.Shape[0]
		case n.Index >= 0:
			whole = true
		}
	}
	if times > 0 && whole {
		return 0, unsupported("reads parts of pictures beside whole ones")
	}
	return times, nil
}

// onParts applies a layer or function to the parts of pictures: at once where it does
// the same to all, else to one after the other.
func (a *assembler) onParts(l *layer, c call, name string, in []*nn.Node, times int) ([]*nn.Node, error) {
	if y, err := a.atOnce(l, c, name, in); y != nil || err != nil {
		return y, err
	}
	source := a.source(l)
	if a.outer == nil {
		a.outer = &source
		defer func() { a.outer = nil }()
	}
	if y, err := a.lifted(l, c, name, in, times, source); y != nil || err != nil {
		return y, err
	}
	var results [][]*nn.Node // by result, then by part
	for t := range times {
		prefix, err := a.position(name, t)
		if err != nil {
			return nil, err
		}
		out, err := a.onPart(l, c, prefix, in, t, source)
		if err != nil {
			return nil, err
		}
		if results == nil {
			results = make([][]*nn.Node, len(out))
		}
		for i, y := range out {
			results[i] = append(results[i], y)
		}
	}
	all := make([]*nn.Node, len(results))
	for i, of := range results {
		at := name
		if i > 0 {
			at = fmt.Sprintf("%s/result_%d", name, i)
		}
		y, err := a.joinedParts(of, at, source)
		if err != nil {
			return nil, layerError(l.class, l.fullName, err)
		}
		all[i] = y
	}
	return all, nil
}

// atOnce applies a layer that does the same to all parts; nil where it is not known to.
func (a *assembler) atOnce(l *layer, c call, name string, in []*nn.Node) ([]*nn.Node, error) {
	p, ok := a.statics[in[0]].(parts)
	if l.operator || l.nested != nil || len(in) != 1 || !ok || p.at > 0 {
		return nil, nil
	}
	shapes := []nn.Shape{p.x.Shape[1:]}
	stages, err := l.stages(c, shapes)
	if err != nil {
		return nil, layerError(l.class, l.fullName, err)
	}
	if !alike(stages) {
		return nil, nil
	}
	out, err := a.layer(l, c, name, []*nn.Node{p.x}, shapes)
	if err != nil {
		return nil, err
	}
	return one(a.known(name, parts{x: out[0]})), nil
}

// onPart applies a layer or function to one part.
func (a *assembler) onPart(l *layer, c call, prefix string, in []*nn.Node, t int, source nn.Source) ([]*nn.Node, error) {
	part := slices.Clone(in)
	for i, n := range in {
		p, ok := a.statics[n].(parts)
		if !ok {
			continue
		}
		from := prefix
		if i > 0 {
			from = fmt.Sprintf("%s/input_%d", prefix, i)
		}
		x, err := a.taken(p.x, t, from, source)
		if err != nil {
			return nil, err
		}
		if part[i] = x; p.at > 0 {
			part[i] = a.known(from, batch{x, p.at})
		}
	}
	return a.apply(l, c, prefix+"/part", part)
}

// joinedParts makes one tensor of parts of what was made of each. A value that is no
// tensor must be the same for all.
func (a *assembler) joinedParts(of []*nn.Node, name string, source nn.Source) (*nn.Node, error) {
	tensors, at := make([]*nn.Node, len(of)), 0
	for t, y := range of {
		switch b, isBatch := a.statics[y].(batch); {
		case isBatch:
			tensors[t], at = b.x, b.at
		case y.Index >= 0:
			tensors[t] = y
		case !reflect.DeepEqual(a.statics[y], a.statics[of[0]]):
			return nil, unsupported("makes of the parts of pictures what is no tensor")
		default:
			return of[0], nil
		}
	}
	y, err := a.stack(tensors, name, source)
	if err != nil {
		return nil, err
	}
	return a.known(name, parts{y, at}), nil
}

package loader

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// floats is the type of all tensors but those that are known to be of whole numbers
// or truth values: TensorFlow's few functions of pictures that go by it do the same
// to all floats.
const floats = "float32"

// typeOf returns the type of a tensor's numbers in TensorFlow, "" where it is not
// known: what functions make of whole numbers is whole or not as each says, and
// layers make floats of them, but for those that only move numbers.
func (o *operation) typeOf(x *nn.Node) string { return o.a.typeOf(x) }

func (a *assembler) typeOf(x *nn.Node) string {
	if x == nil {
		return ""
	}
	if t, known := a.types[x]; known {
		return t
	}
	t := floats
	for _, in := range x.Inputs {
		switch of := a.typeOf(in); {
		case of == floats || makesFloats(x.Class):
		case movesNumbers(x.Op):
			t = of
		case isOperatorClass(x.Class):
			t = ""
		}
	}
	a.types[x] = t
	return t
}

// movesNumbers reports whether an operation's numbers are those of its input.
func movesNumbers(op nn.Op) bool {
	switch op := op.(type) {
	case *nn.Concat, *nn.Crop, *nn.Flatten, *nn.Gather, *nn.GlobalMaxPool, *nn.Identity, *nn.MaxPool, *nn.Reshape, *nn.Slice, *nn.Transpose, *nn.ZeroPad:
		return true
	case *nn.Resize:
		return op.Method == nn.ResizeNearest
	}
	return false
}

// makesFloats reports whether layers of the class make floats of whole numbers even
// where they do nothing else to them at inference.
func makesFloats(class string) bool {
	switch class {
	case "RandomBrightness", "RandomGrayscale":
		return false
	}
	return class == "CenterCrop" || strings.HasPrefix(class, "Random")
}

// ofWholeNumbers returns the stages of a layer of whole numbers, and the type that its
// result keeps where it is no longer that of numbers that were moved: Keras 3 rounds
// what it resizes. It refuses layers that compute in the type itself.
func (a *assembler) ofWholeNumbers(l *layer, stages []stage, in []*nn.Node) ([]stage, string, error) {
	if len(in) == 0 || len(stages) == 0 {
		return stages, "", nil
	}
	t := a.typeOf(in[0])
	if !slices.Contains(wholeTypes, t) {
		return stages, "", nil
	}
	switch l.class {
	case "Resizing", "UpSampling2D":
		if l.before3 {
			return stages, "", nil
		}
	case "GlobalAveragePooling1D", "GlobalAveragePooling2D":
		if l.before3 {
			return nil, "", advise(unsupported("the mean of whole numbers of the type %s, which Keras 2 cuts", t), "scale them before, by Rescaling")
		}
		return stages, "", nil
	case "Add", "Average", "Multiply", "Subtract":
		for _, n := range in[1:] {
			if pictureTypes[t] == 0 || a.typeOf(n) != t {
				return stages, "", nil
			}
		}
		return nil, "", advise(unsupported("of whole numbers of the type %s, which wrap around", t), "scale them before, by Rescaling")
	default:
		return stages, "", nil
	}
	for i := range stages {
		resize, ok := stages[i].op.(*nn.Resize)
		if !ok || resize.Method == nn.ResizeNearest {
			continue
		}
		ops, err := toWhole(resize.Method, t)
		if err != nil {
			return nil, "", err
		}
		stages = slices.Clone(stages)
		stages[len(stages)-1].suffix += "/resized"
		for _, op := range ops {
			stages = append(stages, stage{suffix: "/whole", op: op})
		}
		stages[len(stages)-1].suffix = ""
		return stages, t, nil
	}
	return stages, "", nil
}

// toWhole are the operations that make whole numbers of a type of resized ones.
func toWhole(method nn.ResizeMethod, t string) ([]nn.Op, error) {
	ops := []nn.Op{&nn.Unary{Func: nn.Round}}
	switch {
	case method == nn.ResizeBilinear || method == nn.ResizeArea: // means, within the range
	case t == "uint8" || t == "uint16":
		ops = append(ops, &nn.Activation{Func: nn.ReLU, Max: float32(pictureTypes[t])})
	default:
		return nil, unsupported("by %q, of whole numbers of the type %s", method, t)
	}
	return ops, nil
}

// wrapped is the result of a sum, a difference or a product of whole numbers of a
// short type: Keras keeps the type, and what is beyond its range wraps around. Beside
// a float the numbers are floats.
func wrapped(f func(o *operation) []*nn.Node) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		t := ""
		for i := range min(2, len(o.params)) {
			switch v := unwrapScalar(o.value(i)).(type) {
			case operand:
				of := o.typeOf(o.in[v])
				if t != "" && t != of {
					return f(o) // a longer type holds both, or floats
				}
				t = of
			case json.Number:
				if strings.ContainsAny(v.String(), ".eE") {
					return f(o)
				}
			case nil:
			default: // an array, in Keras 3 of long whole numbers if of any
				if !o.layer.before3 {
					return f(o)
				}
			}
		}
		largest := pictureTypes[t]
		out := f(o)
		if largest == 0 || len(out) != 1 || out[0] == nil {
			return out
		}
		if !strings.HasPrefix(t, "u") {
			o.refuse("of whole numbers of the type %s, which wrap around: cast them to float32 before", t)
			return one(nil)
		}
		o.typed = t
		return one(o.of(nn.Remainder, term{node: out[0]}, constant(float32(largest+1))).node)
	}
}

// unwrapScalar is unwrap of what is no array.
func unwrapScalar(v any) any {
	if inner, ok := unwrap(v).(json.Number); ok {
		return inner
	}
	return v
}

// ofFloats returns an operator that refuses whole numbers, whose mean TensorFlow cuts
// and whose sum wraps around.
func ofFloats(f func(o *operation) []*nn.Node) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		if v, ok := o.value(0).(operand); ok {
			if t := o.typeOf(o.in[v]); pictureTypes[t] > 0 {
				o.refuse("of whole numbers of the type %s, which TensorFlow keeps: cast them to float32 before", t)
				return one(nil)
			}
		}
		return f(o)
	}
}

// pictureTypes are the types of whole numbers that pictures are made of, all of which
// float32 holds, and the largest of each.
var pictureTypes = map[string]int{"int8": math.MaxInt8, "int16": math.MaxInt16, "uint8": math.MaxUint8, "uint16": math.MaxUint16}

// convertedImage is convert_image_dtype(image, type, saturate): floats count from 0 to
// 1 where whole numbers count up to their type's largest.
func convertedImage(o *operation) []*nn.Node {
	x, to := o.tensor(0), o.text(1, floats)
	if x == nil || o.err != nil {
		return one(nil)
	}
	switch to {
	case "float16", "bfloat16", "float64":
		to = floats
	}
	o.typed = to
	return one(o.pictureAs(x, o.typeOf(x), to, o.bool(2, false)))
}

// pictureAs makes pictures of one type of another one.
func (o *operation) pictureAs(x *nn.Node, from, to string, saturate bool) *nn.Node {
	in, isWholeIn := ranges[from]
	out, isWholeOut := pictureTypes[to]
	switch {
	case from == to && from != "":
		return x
	case isWholeIn && from != "bool" && to == floats:
		return o.affine(x, 1/in[1], 0)
	case from == floats && isWholeOut:
		x = o.affine(x, float32(out)+0.5, 0)
		if saturate {
			x = o.inRange(x, to)
		}
		return o.add(&nn.Unary{Func: nn.Trunc}, x)
	case pictureTypes[from] > 0 && isWholeOut && (strings.HasPrefix(from, "u") || !strings.HasPrefix(to, "u")):
		largest := pictureTypes[from]
		if largest > out {
			return o.of(nn.FloorDivide, term{node: x}, constant(float32((largest+1)/(out+1)))).node
		}
		return o.affine(x, float32((out+1)/(largest+1)), 0)
	}
	o.refuse("of numbers of the type %q to %q", from, to)
	return nil
}

// adjusted returns the operator of a function of pictures of floats, of which pictures
// of whole numbers are made before and behind it.
func adjusted(saturate bool, f func(o *operation, x *nn.Node) *nn.Node) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		x := o.tensor(0)
		if x == nil {
			return one(nil)
		}
		o.typed = o.typeOf(x)
		y := f(o, o.pictureAs(x, o.typed, floats, false))
		if y == nil {
			return one(nil)
		}
		return one(o.pictureAs(y, floats, o.typed, saturate))
	}
}

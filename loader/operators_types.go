package loader

import (
	"math"
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
func (o *operation) typeOf(x *nn.Node) string {
	if x == nil {
		return ""
	}
	if t, known := o.a.types[x]; known {
		return t
	}
	t := floats
	for _, in := range x.Inputs {
		switch of := o.typeOf(in); {
		case of == floats:
		case movesNumbers(x.Op):
			t = of
		case isOperatorClass(x.Class):
			t = ""
		}
	}
	o.a.types[x] = t
	return t
}

// movesNumbers reports whether an operation's numbers are those of its input.
func movesNumbers(op nn.Op) bool {
	switch op.(type) {
	case *nn.Concat, *nn.Crop, *nn.Flatten, *nn.Gather, *nn.Identity, *nn.Reshape, *nn.Slice, *nn.Transpose, *nn.ZeroPad:
		return true
	}
	return false
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

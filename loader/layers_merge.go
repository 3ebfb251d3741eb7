package loader

import (
	"fmt"

	"github.com/vkeras/vkeras/nn"
)

func subtract(*fields, []nn.Shape) []stage { return single(&nn.Binary{Func: nn.Subtract}) }

func average(_ *fields, in []nn.Shape) []stage {
	return []stage{
		{suffix: "/sum", op: &nn.Add{}},
		{op: &nn.Rescale{Scale: []float32{1 / float32(max(len(in), 1))}, Offset: []float32{0}}},
	}
}

func maximum(_ *fields, in []nn.Shape) []stage { return oneByOne(in, nn.Maximum) }

func minimum(_ *fields, in []nn.Shape) []stage { return oneByOne(in, nn.Minimum) }

// oneByOne applies a function to the first two inputs, then to the result and the
// next one.
func oneByOne(in []nn.Shape, f nn.BinaryFunc) []stage {
	if len(in) < 2 {
		return single(&nn.Binary{Func: f})
	}
	stages := []stage{{op: &nn.Binary{Func: f}, reads: []int{input(0), input(1)}}}
	for i := 2; i < len(in); i++ {
		last := len(stages) - 1
		stages[last].suffix = fmt.Sprintf("/first_%d", i)
		stages = append(stages, stage{op: &nn.Binary{Func: f}, reads: []int{last, input(i)}})
	}
	return stages
}

// dot multiplies two inputs along an axis each: of (a, b, c) and (d, b) along b it
// makes (a, c, d).
func dot(f *fields, in []nn.Shape) []stage {
	axes := f.dotAxes(in)
	normalized := f.boolOr("normalize", false)
	if f.err != nil {
		return nil
	}
	var stages []stage
	var out nn.Shape
	var matrices [2]int // stages
	for i, s := range in {
		rest := make([]int, 0, len(s))
		for a := range s {
			if a != axes[i] {
				rest, out = append(rest, a), append(out, s[a])
			}
		}
		from := input(i)
		add := func(suffix string, op nn.Op) {
			stages = append(stages, stage{suffix: suffix + []string{"_left", "_right"}[i], op: op, reads: []int{from}})
			from = len(stages) - 1
		}
		if normalized {
			add("/unit", &nn.LayerNorm{Axes: []int{axes[i]}, Func: nn.NormL2, Epsilon: 1e-7})
		}
		add("/rows", &nn.Transpose{Axes: append(rest, axes[i])})
		add("/matrix", &nn.Reshape{Target: nn.Shape{-1, s[axes[i]]}})
		matrices[i] = from
	}
	if len(out) == 0 {
		out = nn.Shape{1}
	}
	return append(stages,
		stage{suffix: "/products", op: &nn.MatMul{TransposeB: true}, reads: matrices[:]},
		stage{op: &nn.Reshape{Target: out}})
}

// dotAxes reads the axis of each input, counted in an image.
func (f *fields) dotAxes(in []nn.Shape) (axes [2]int) {
	given, ok := asPair(unwrap(f.config["axes"]))
	f.ignore("axes")
	if !ok {
		f.wrong("axes", "an axis, or two")
		return axes
	}
	if len(in) != 2 {
		f.fail(malformed("expected two inputs, found %d", len(in)))
		return axes
	}
	for i, a := range given {
		if a < 0 {
			a += len(in[i]) + 1
		}
		if a < 1 || a > len(in[i]) {
			f.fail(malformed("axes: %d is no axis of %v", given[i], in[i]))
			return axes
		}
		axes[i] = a - 1
	}
	if in[0][axes[0]] != in[1][axes[1]] {
		f.fail(malformed("%v along axis %d and %v along axis %d do not fit each other", in[0], axes[0], in[1], axes[1]))
	}
	return axes
}

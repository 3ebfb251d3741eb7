package loader

import (
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// einsumDense is a product of its input and a kernel by an equation such as
// "abc,cde->abde", where c is multiplied away, d and e are new.
func einsumDense(f *fields, in []nn.Shape) []stage {
	e := f.equation(first(in))
	adapter, q := f.adapterOf(e.shape(e.kernel)), f.quantization()
	if f.err != nil {
		return nil
	}
	m := composer{in: in}
	usual := e.kernel == e.away+e.fresh && e.result == e.kept+e.fresh
	biased := e.bias != "" && usual && e.bias == e.fresh
	x := m.ordered("/ordered", input(0), e.x, e.both+e.kept+e.away)
	var y int
	switch {
	case q != nil && !q.float8 && !usual && adapter != nil && f.adapters: // beside the product, along the result's last axis
		f.refuse("lora_rank", f.config["lora_rank"])
		return nil
	case e.kernel == e.away+e.fresh:
		saved := func(role string, _ nn.Shape) nn.Shape {
			if role == "kernel" {
				return e.shape(e.kernel)
			}
			return e.shape(e.fresh)
		}
		rows := m.add("/rows", &nn.Reshape{Target: append(e.shape(e.kept), e.shape(e.away).Len())}, x)
		y = m.quantizedDense("/product", q, &nn.Dense{Units: e.shape(e.fresh).Len(), UseBias: biased}, rows, saved, len(e.fresh), len(e.kept)+1)
		switch {
		case q == nil:
			m.stages[y].adjust = adapter
		case usual:
			y = m.besides(f, "/product", y, rows, e.shape(e.away), e.shape(e.fresh))
		case q.bits == 8:
			m.stages[y].adjust = dequantizedAlong(e)
		}
	case !small(e.shape(e.kernel)):
		f.fail(unsupported("equation %q with a kernel of %v", f.config["equation"], e.shape(e.kernel)))
		return nil
	default:
		both, kept, away, fresh := e.shape(e.both).Len(), e.shape(e.kept).Len(), e.shape(e.away).Len(), e.shape(e.fresh).Len()
		rows := m.quantized("/product", q, m.add("/rows", &nn.Reshape{Target: nn.Shape{both, kept, away}}, x))
		stored := m.stored("kernel", e.shape(e.kernel), input(0))
		if m.stages[stored].adjust = adapter; q != nil {
			m.asQuantized(stored, q, e)
		}
		kernel := m.add("/kernel_shape", &nn.Reshape{Target: e.shape(e.kernel)}, stored)
		kernel = m.add("/matrices", &nn.Reshape{Target: nn.Shape{both, away, fresh}}, m.ordered("/kernel_ordered", kernel, e.kernel, e.both+e.away+e.fresh))
		y = m.add("/product", &nn.MatMul{}, rows, kernel)
	}
	y = m.add("/axes", &nn.Reshape{Target: e.shape(e.both + e.kept + e.fresh)}, y)
	y = m.ordered("/result", y, e.both+e.kept+e.fresh, e.result)
	if e.bias != "" && !biased && !small(e.biasShape()) {
		f.fail(unsupported("a bias of %v", e.biasShape()))
		return nil
	}
	if e.bias != "" && !biased {
		y = m.add("/biased", &nn.Add{}, y, m.weight("bias", e.biasShape(), y))
	}
	m.stages[y].suffix = ""
	return f.withActivation(in, m.stages...)
}

// equation is that of an EinsumDense, of one image: a letter an axis.
type equation struct {
	x, kernel, result, bias string
	both                    string // the letters that all have, in the kernel's order
	away                    string // those that the result has not, in the kernel's order
	fresh                   string // those that the input has not, in the kernel's order
	kept                    string // those that the kernel has not, in the input's order
	extents                 map[byte]int
}

// elided stand for the axes that an equation leaves out.
const elided = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// equation reads the equation for an input of a shape, and the extents of all axes.
func (f *fields) equation(s nn.Shape) equation {
	text := strings.ReplaceAll(f.string("equation"), " ", "")
	operands, result, ok := strings.Cut(text, "->")
	x, kernel, ok2 := strings.Cut(operands, ",")
	missing := len(s) + 1 - len(strings.ReplaceAll(x, "...", ""))
	if strings.Contains(x, "...") && missing >= 0 && missing <= len(elided) {
		x, result = strings.Replace(x, "...", elided[:missing], 1), strings.Replace(result, "...", elided[:missing], 1)
	}
	e := equation{kernel: kernel, extents: map[byte]int{}}
	if f.has("bias_axes") {
		e.bias = f.string("bias_axes")
	}
	if !ok || !ok2 || len(x) != len(s)+1 || len(result) < 2 || result[0] != x[0] || repeats(x) || repeats(kernel) || repeats(result) ||
		strings.Contains(kernel+e.bias, x[:1]) || strings.Trim(e.bias, result) != "" || strings.ContainsAny(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		f.refuse("equation", f.config["equation"])
		return e
	}
	e.x, e.result = x[1:], result[1:]
	has := strings.ContainsRune
	e.both = keep(kernel, func(c rune) bool { return has(e.x, c) && has(e.result, c) })
	e.away = keep(kernel, func(c rune) bool { return has(e.x, c) && !has(e.result, c) })
	e.fresh = keep(kernel, func(c rune) bool { return !has(e.x, c) && has(e.result, c) })
	e.kept = keep(e.x, func(c rune) bool { return !has(kernel, c) })
	if len(e.both+e.away+e.fresh) != len(kernel) || len(e.both+e.kept+e.fresh) != len(e.result) || keep(e.kept, func(c rune) bool { return !has(e.result, c) }) != "" {
		f.refuse("equation", f.config["equation"])
		return e
	}
	for i, n := range s {
		e.extents[e.x[i]] = n
	}
	f.freshAxes(e)
	return e
}

// freshAxes reads the extents of an equation's new axes from the output's shape, whose
// last axes are those of the result that the equation names.
func (f *fields) freshAxes(e equation) {
	names := keep(e.result, func(c rune) bool { return !strings.ContainsRune(elided, c) })
	l, ok := list(f.config["output_shape"])
	if n, isInt := asInt(f.config["output_shape"]); isInt {
		l, ok = []any{f.config["output_shape"]}, n > 0
	}
	f.ignore("output_shape")
	size := 1
	const most = 1 << 24
	for _, c := range []byte(e.fresh) {
		at := len(l) - len(names) + strings.IndexByte(names, c)
		n := 0
		if ok && at >= 0 && at < len(l) {
			n, _ = asInt(l[at])
		}
		if size *= max(min(n, most), 1); n < 1 || size > most {
			f.wrong("output_shape", "the output's shape")
			return
		}
		e.extents[c] = n
	}
}

// shape returns the extents of axes.
func (e equation) shape(letters string) nn.Shape {
	s := nn.Shape{}
	for _, c := range []byte(letters) {
		s = append(s, e.extents[c])
	}
	return s
}

// biasShape returns the shape in which Keras stores the bias: that of the result from
// the first axis on that has one, 1 for those that have none.
func (e equation) biasShape() nn.Shape {
	at := strings.IndexAny(e.result, e.bias)
	s := e.shape(e.result[at:])
	for i, c := range []byte(e.result[at:]) {
		if strings.IndexByte(e.bias, c) < 0 {
			s[i] = 1
		}
	}
	return s
}

// small reports whether a weight may be a tensor of the graph.
func small(s nn.Shape) bool {
	n, err := s.Elements()
	return err == nil && n <= largestTable
}

// ordered puts axes of some letters into the order of others.
func (m *composer) ordered(name string, x int, from, to string) int {
	axes := make([]int, len(to))
	for i := range to {
		axes[i] = strings.IndexByte(from, to[i])
	}
	if slices.IsSorted(axes) {
		return x
	}
	return m.add(name, &nn.Transpose{Axes: axes}, x)
}

// asQuantized makes a stage that has the kernel as numbers in Keras's order store it as
// quantized layers do.
func (m *composer) asQuantized(stage int, q *quantization, e equation) {
	s := &m.stages[stage]
	switch {
	case q.float8:
		s.adjust = inFloat8(q.history)
	case q.bits == 8:
		s.adjust = dequantizedAlong(e)
	default: // rows by columns, whatever the order of its axes
		matrix := nn.Shape{e.shape(e.away).Len(), e.shape(e.both + e.fresh).Len()}
		s.adjust = unpacked(q.block, matrix)
		s.saved = func(string, nn.Shape) nn.Shape { return packed(matrix) }
	}
}

// weight adds a weight as a tensor; of like it takes the size of the batch alone.
func (m *composer) weight(role string, shape nn.Shape, like int) int {
	return m.add("/"+role+"_shape", &nn.Reshape{Target: shape}, m.stored(role, shape, like))
}

// stored adds the numbers of a weight that Keras has in a shape, as a vector.
func (m *composer) stored(role string, shape nn.Shape, like int) int {
	ones := nn.NewTensor(1, shape.Len())
	for i := range ones.Data {
		ones.Data[i] = 1
	}
	at := m.add("/"+role, &nn.LayerScale{}, m.add("/"+role+"_ones", &nn.Constant{Value: ones}, like))
	m.stages[at].kernel = role
	m.stages[at].saved = func(string, nn.Shape) nn.Shape { return shape }
	return at
}

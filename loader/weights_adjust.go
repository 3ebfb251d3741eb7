package loader

import (
	"math"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// adjustment changes a kernel by other weights of its layer, once all are read:
// what quantized layers and adapters store apart becomes the kernel that they
// compute with.
type adjustment struct {
	extra []extraWeight
	apply func(kernel *nn.Tensor, extra []*nn.Tensor)
	whole bool // the kernel is whole numbers
	// unpack makes the kernel of what is stored, in another shape; nil: it is stored.
	unpack func(kernel, stored *nn.Tensor, extra []*nn.Tensor)
	bias   func(bias *nn.Tensor) // changes the layer's bias; nil: it stays
	// legacy says that only Keras's older .h5 files have the extra weights: in others
	// the kernel has been changed already.
	legacy bool
}

// extraWeight is a weight that an adjustment takes.
type extraWeight struct {
	role  string
	shape func(kernel nn.Shape) nn.Shape
	whole bool // it is whole numbers
}

// pending is an adjustment of one layer's kernel.
type pending struct {
	*adjustment
	kernel **nn.Tensor
	shape  nn.Shape   // of the kernel
	stored *nn.Tensor // what it is unpacked of
	extra  []*nn.Tensor
	bias   **nn.Tensor // nil: the layer has none
}

// adjust notes the adjustment of a kernel, and the weights that it takes.
func (l *layer) adjust(a *adjustment, kernel *variable) {
	kernel.defers, kernel.whole = false, a.whole
	if l.pending != nil {
		return // of an earlier call
	}
	l.pending = &pending{adjustment: a, kernel: kernel.values[0], shape: kernel.inside, extra: make([]*nn.Tensor, len(a.extra))}
	if a.unpack != nil {
		kernel.packed, kernel.values = true, []**nn.Tensor{&l.pending.stored}
	}
	for i, e := range a.extra {
		if at := slices.IndexFunc(l.vars, func(v *variable) bool { return v.role == e.role }); at >= 0 {
			// A stage has it; Keras stores it here.
			own := l.vars[at]
			own.values = append(own.values, &l.pending.extra[i])
			l.vars = append(slices.Delete(l.vars, at, at+1), own)
			continue
		}
		shape := e.shape(kernel.inside)
		l.vars = append(l.vars, &variable{role: e.role, shape: shape, inside: shape, values: []**nn.Tensor{&l.pending.extra[i]}, whole: e.whole, legacy: a.legacy})
	}
}

// adjustAll makes the adjustments of all layers, those inside of models among them.
func (n *network) adjustAll() {
	for _, l := range n.layers {
		for _, leaf := range l.leaves(nil) {
			leaf.pending.make()
		}
	}
}

// make makes the adjustment, unless the file has none of its weights.
func (p *pending) make() {
	switch {
	case p == nil || len(p.extra) > 0 && p.extra[0] == nil || p.unpack != nil && p.stored == nil:
	case p.unpack != nil:
		*p.kernel = nn.NewTensor(p.shape...)
		p.unpack(*p.kernel, p.stored, p.extra)
	default:
		p.apply(*p.kernel, p.extra)
		if p.adjustment.bias != nil && p.bias != nil {
			p.adjustment.bias(*p.bias)
		}
	}
}

// shortType returns the type in which Keras computes some layer of the network,
// where it is shorter than float32.
func (n *network) shortType() string {
	for _, l := range n.layers {
		short := l.short
		if l.nested != nil {
			short = l.nested.shortType()
		}
		if short != "" {
			return short
		}
	}
	return ""
}

// dequantized is the adjustment of Keras's int8 layers: kernels are stored as
// round(kernel scale), with a scale for each unit.
func dequantized(scale func(kernel nn.Shape) nn.Shape) *adjustment {
	return &adjustment{
		whole: true,
		extra: []extraWeight{{role: "kernel_scale", shape: scale}},
		apply: func(kernel *nn.Tensor, extra []*nn.Tensor) {
			scale := extra[0].Data
			for i := range kernel.Data {
				kernel.Data[i] /= scale[i%len(scale)]
			}
		},
	}
}

// dequantizedAlong is that of an EinsumDense, whose kernel has a scale for each place
// along the axes that the result has too, in the result's order and its shape.
func dequantizedAlong(e equation) *adjustment {
	shape, steps := nn.Shape{1}, map[byte]int{} // from a scale to the next along an axis
	for _, c := range []byte(e.result) {
		if strings.IndexByte(e.kernel, c) < 0 {
			shape = append(shape, 1)
			continue
		}
		shape = append(shape, e.extents[c])
	}
	step := 1
	for i := len(e.result) - 1; i >= 0; i-- {
		if shape[i+1] > 1 {
			steps[e.result[i]] = step
		}
		step *= shape[i+1]
	}
	return &adjustment{
		whole: true,
		extra: []extraWeight{{role: "kernel_scale", shape: func(nn.Shape) nn.Shape { return shape.Clone() }}},
		apply: func(kernel *nn.Tensor, extra []*nn.Tensor) {
			for i := range kernel.Data {
				scale, rest := 0, i
				for k := len(e.kernel) - 1; k >= 0; k-- {
					n := e.extents[e.kernel[k]]
					scale, rest = scale+rest%n*steps[e.kernel[k]], rest/n
				}
				kernel.Data[i] /= extra[0].Data[scale]
			}
		},
	}
}

// unpacked is the adjustment of Keras's int4 layers, whose kernels are matrices of two
// numbers a byte: the first in the low bits. They are stored as round(kernel scale),
// with a scale for each unit; or in blocks of rows as round(kernel / scale) + zero,
// with these for each unit of a block, and which row is in which block. The kernel
// itself may have another shape than the matrix, which then is given.
func unpacked(block int, matrix nn.Shape) *adjustment {
	a := &adjustment{whole: true}
	sides := func(kernel nn.Shape) nn.Shape {
		if matrix != nil {
			return matrix
		}
		return kernel
	}
	if block == 0 {
		a.extra = []extraWeight{{role: "kernel_scale", shape: func(kernel nn.Shape) nn.Shape { return nn.Shape{sides(kernel).Channels()} }}}
	} else {
		blocks := func(kernel nn.Shape) nn.Shape {
			return nn.Shape{(sides(kernel)[0]-1)/block + 1, sides(kernel).Channels()}
		}
		a.extra = []extraWeight{
			{role: "kernel_scale", shape: blocks}, {role: "kernel_zero", shape: blocks, whole: true},
			{role: "g_idx", shape: func(kernel nn.Shape) nn.Shape { return nn.Shape{sides(kernel)[0]} }},
		}
	}
	a.unpack = func(kernel, stored *nn.Tensor, extra []*nn.Tensor) {
		rows, units := sides(kernel.Shape)[0], sides(kernel.Shape).Channels()
		packed := len(stored.Data) / rows
		scale, blocks := extra[0].Data, len(extra[0].Data)/units
		for i := range kernel.Data {
			row, unit := i/units, i%units
			low := uint8(int8(stored.Data[row*packed+unit/2])) >> (4 * (unit % 2)) & 15
			v := float32(int(low^8) - 8)
			if block == 0 {
				kernel.Data[i] = v / scale[unit]
				continue
			}
			at := min(max(int(extra[2].Data[row]), 0), blocks-1)*units + unit
			kernel.Data[i] = (v - extra[1].Data[at]) * scale[at]
		}
	}
	return a
}

// inputsScale is the role of the scale of a layer's inputs in float8.
const inputsScale = "inputs_scale"

// inFloat8 is the adjustment of Keras's float8 layers, which are stored whole: kernels
// become round(kernel / scale) scale, rounded to float8, and biases bfloat16. What else
// is stored, of the last steps of training and of gradients, does not act.
func inFloat8(history int) *adjustment {
	number := func(nn.Shape) nn.Shape { return nn.Shape{} }
	steps := func(nn.Shape) nn.Shape { return nn.Shape{history} }
	return &adjustment{
		extra: []extraWeight{
			{role: inputsScale, shape: number}, {role: "inputs_amax_history", shape: steps},
			{role: "kernel_scale", shape: number}, {role: "kernel_amax_history", shape: steps},
			{role: "outputs_grad_scale", shape: number}, {role: "outputs_grad_amax_history", shape: steps},
		},
		apply: func(kernel *nn.Tensor, extra []*nn.Tensor) {
			scale := extra[2].Data[0]
			for i, x := range kernel.Data {
				kernel.Data[i] = toFloat8(x/scale) * scale
			}
		},
		bias: func(bias *nn.Tensor) {
			for i, x := range bias.Data {
				if x == x {
					bits := math.Float32bits(x)
					bias.Data[i] = math.Float32frombits((bits + 0x7fff + bits>>16&1) &^ 0xffff)
				}
			}
		},
	}
}

// toFloat8 is nn.Float8.
func toFloat8(x float32) float32 {
	_, exponent := math.Frexp(float64(x))
	step := math.Ldexp(1, max(exponent-1, -6)-3)
	return float32(max(-448, min(448, math.RoundToEven(float64(x)/step)*step)))
}

// adapted is the adjustment of layers with an adapter of low rank (Hu et al. 2021,
// "LoRA"): kernel + alpha / rank a b, where a maps the kernel's inputs to rank
// numbers and b those to its outputs. The kernel may have another shape in Keras, saved.
func adapted(rank int, alpha float32, saved nn.Shape) *adjustment {
	in := func(kernel nn.Shape) nn.Shape {
		if saved != nil {
			return saved
		}
		return kernel
	}
	return &adjustment{
		legacy: true,
		extra: []extraWeight{
			{role: "lora_kernel_a", shape: func(kernel nn.Shape) nn.Shape {
				s := in(kernel)
				return append(s[:len(s)-1:len(s)-1], rank)
			}},
			{role: "lora_kernel_b", shape: func(kernel nn.Shape) nn.Shape { return nn.Shape{rank, in(kernel).Channels()} }},
		},
		apply: func(kernel *nn.Tensor, extra []*nn.Tensor) {
			a, b, outputs := extra[0].Data, extra[1].Data, in(kernel.Shape).Channels()
			for i := range kernel.Data {
				row, o := i/outputs, i%outputs
				sum := 0.0
				for r := range rank {
					sum += float64(a[row*rank+r]) * float64(b[r*outputs+o])
				}
				kernel.Data[i] += float32(sum * float64(alpha) / float64(rank))
			}
		},
	}
}

// adapter reads the fields of an adapter; nil: the layer has none.
func (f *fields) adapter() *adjustment { return f.adapterOf(nil) }

// adapterOf is adapter, of a kernel that Keras has in another shape.
func (f *fields) adapterOf(saved nn.Shape) *adjustment {
	rank, alpha := f.lowRank()
	if rank == 0 {
		return nil
	}
	return adapted(rank, alpha, saved)
}

// lowRank reads the rank of an adapter and what Keras calls its alpha; 0: the layer
// has none.
func (f *fields) lowRank() (rank int, alpha float32) {
	if !f.has("lora_rank") {
		f.ignore("lora_alpha")
		return 0, 0
	}
	const most = 1 << 14
	rank = f.int("lora_rank")
	if rank < 1 || rank > most {
		f.refuse("lora_rank", f.config["lora_rank"])
		rank = 1
	}
	return rank, f.floatOr("lora_alpha", float32(rank))
}

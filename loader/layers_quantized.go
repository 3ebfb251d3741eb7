package loader

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// quantization is how Keras stores and computes a layer that model.quantize made.
type quantization struct {
	bits    int     // of the kernel's numbers: 8 or 4
	block   int     // of the kernel's rows that have scales of their own; 0: all rows have the same
	rounds  bool    // the layer's inputs are rounded too
	epsilon float32 // in their scale
	float8  bool    // inputs and kernels are rounded to it, and none is stored so
	history int     // of how many steps of training float8 keeps the largest numbers
}

// quantization reads whether the layer is one that model.quantize made, and accepts
// its policy; nil: it is none.
func (f *fields) quantization() *quantization {
	policy, _ := f.config["dtype"].(object)
	config, _ := policy["config"].(object)
	mode, class := text(config, "mode"), text(policy, "class_name")
	if mode == "" {
		mode, _, _ = strings.Cut(text(config, "name"), "_from_")
	}
	var q *quantization
	switch {
	case class == "QuantizedDTypePolicy" && mode == "int8":
		q = &quantization{bits: 8, rounds: true}
	case class == "Int4DTypePolicy" && strings.HasPrefix(mode, "int4/"):
		q = &quantization{bits: 4, block: f.block(strings.TrimPrefix(mode, "int4/"))}
	case class == "QuantizedFloat8DTypePolicy" && mode == "float8":
		q = &quantization{float8: true, history: f.history(config)}
	default:
		return nil
	}
	f.isQuantized = true
	if q.float8 {
		f.ignore("quantization_config")
		return q
	}
	f.quantizer(q)
	return q
}

// history reads the policy of a layer whose inputs and kernel Keras rounds to float8.
func (f *fields) history(policy object) int {
	source := text(policy, "source_name")
	if source == "" {
		_, source, _ = strings.Cut(text(policy, "name"), "_from_")
	}
	if source != "float32" { // then its bias is rounded otherwise
		f.fail(advise(unsupported("quantized to float8 from %q", source), "quantize the model as float32"))
	}
	if f.has("lora_rank") { // Keras itself does not compute both
		f.fail(unsupported("lora_rank of a layer that is quantized to float8"))
	}
	n, ok := asInt(policy["amax_history_length"])
	const most = 1 << 20
	if _, given := policy["amax_history_length"]; !given {
		n, ok = 1024, true
	}
	if !ok || n < 0 || n > most {
		f.fail(malformed("float8 with amax_history_length %s", kindOf(policy["amax_history_length"])))
	}
	return n
}

// block reads of how many rows of a kernel a block is.
func (f *fields) block(given string) int {
	n, err := strconv.Atoi(given)
	if config, _ := f.config["quantization_config"].(object); config != nil {
		inner, _ := config["config"].(object)
		m, ok := asInt(inner["block_size"])
		if n, err = m, nil; !ok {
			n = -1
		}
	}
	if err != nil || n == 0 || n < -1 {
		f.fail(malformed("int4 in blocks of %q rows", given))
	}
	return max(n, 0)
}

// quantizer reads how inputs are rounded; they may be not, but the weights alone.
func (f *fields) quantizer(q *quantization) {
	if q.epsilon = 1e-7; !f.has("quantization_config") { // keras.config.epsilon()
		return
	}
	quantization, _ := f.config["quantization_config"].(object)
	config, _ := quantization["config"].(object)
	quantizer, _ := config["activation_quantizer"].(object)
	if q.rounds = quantizer != nil && q.block == 0; !q.rounds {
		return
	}
	inner, _ := quantizer["config"].(object)
	high, isPair := asPair(inner["value_range"])
	epsilon, hasEpsilon := asFloat(inner["epsilon"])
	if text(quantizer, "class_name") != "AbsMaxQuantizer" || !isPair || high != [2]int{-127, 127} || !hasEpsilon || epsilon < 0 {
		f.refuse("quantization_config", quantizer)
	}
	q.epsilon = epsilon
}

// quantized adds what Keras's quantized layers do to their inputs: along the last axis
// numbers become round(x s) / s, where s = 127 / (max |x| + epsilon). The layers
// multiply whole numbers and divide by the scales behind; dividing before gives the
// same but for the last digits.
func (m *composer) quantized(name string, q *quantization, from int) int {
	if q != nil && q.float8 {
		return m.toFloat8(name, from)
	}
	if q == nil || !q.rounds {
		return from
	}
	largest := m.add(name+"/abs", &nn.Unary{Func: nn.Abs}, from)
	largest = m.add(name+"/largest", &nn.Reduce{Func: nn.ReduceMax, Axes: []int{max(len(m.shape(from))-1, 0)}, KeepDims: true}, largest)
	step := m.add(name+"/range", &nn.Rescale{Scale: []float32{1. / 127}, Offset: []float32{q.epsilon / 127}}, largest)
	y := m.add(name+"/rounded", &nn.Unary{Func: nn.Round}, m.add(name+"/steps", &nn.Binary{Func: nn.Divide}, from, step))
	return m.add(name+"/quantized", &nn.Multiply{}, y, step)
}

// toFloat8 divides by a scale that the layer has as a weight, rounds to float8, and
// multiplies again.
func (m *composer) toFloat8(name string, from int) int {
	ones := &nn.Tensor{Shape: nn.Shape{1}, Data: []float32{1}}
	scale := m.add(name+"/inputs_scale", &nn.LayerScale{}, m.add(name+"/inputs_one", &nn.Constant{Value: ones}, from))
	m.stages[scale].kernel = inputsScale
	m.stages[scale].saved = func(string, nn.Shape) nn.Shape { return nn.Shape{} }
	y := m.add(name+"/rounded", &nn.Unary{Func: nn.Float8}, m.add(name+"/steps", &nn.Binary{Func: nn.Divide}, from, scale))
	return m.add(name+"/quantized", &nn.Multiply{}, y, scale)
}

// quantizedDense adds a dense layer that may be quantized. Its kernel has in Keras
// the shape saved, the last axes of it those of the units, and its scale these axes
// behind so many of 1.
func (m *composer) quantizedDense(name string, q *quantization, op *nn.Dense, from int, saved func(role string, s nn.Shape) nn.Shape, unitAxes, ones int) int {
	at := m.add(name, op, m.quantized(name, q, from))
	s := &m.stages[at]
	if s.saved = saved; q == nil {
		return at
	}
	if q.float8 {
		s.adjust = inFloat8(q.history)
		return at
	}
	scale := func(kernel nn.Shape) nn.Shape {
		stored := kernel
		if saved != nil {
			stored = saved("kernel", kernel)
		}
		axes := nn.Shape{}
		for range ones {
			axes = append(axes, 1)
		}
		return append(axes, stored[len(stored)-unitAxes:]...)
	}
	if s.adjust = dequantized(scale); q.bits == 4 {
		s.adjust = unpacked(q.block, nil)
		s.saved = func(role string, s nn.Shape) nn.Shape {
			switch {
			case role == "kernel":
				return packed(s)
			case saved != nil:
				return saved(role, s)
			}
			return s
		}
	}
	return at
}

// packed returns the shape in which Keras stores a matrix of int4, two columns a byte.
func packed(matrix nn.Shape) nn.Shape { return nn.Shape{matrix[0], (matrix[1] + 1) / 2} }

// besides adds the adapter of a quantized layer to its result y: unlike its kernel, it
// multiplies inputs that were not rounded, first by a matrix to rank numbers for all
// but the last of the fresh axes, then by one to the last. Older .h5 files alone have
// the two; in others the kernel was changed by them, and rounded again.
func (m *composer) besides(f *fields, name string, y, from int, away, fresh nn.Shape) int {
	rank, alpha := f.lowRank()
	kept := m.shape(from)
	if rank == 0 || !f.adapters || len(kept) == 0 {
		return y
	}
	if len(fresh) == 0 || !small(append(slices.Clone(fresh[:len(fresh)-1]), rank)) {
		f.refuse("lora_rank", f.config["lora_rank"])
		return y
	}
	inner := append(slices.Clone(fresh[:len(fresh)-1]), rank)
	x := m.add(name+"/lora_a", &nn.Dense{Units: inner.Len()}, from)
	m.stages[x].kernel = "lora_kernel_a"
	m.stages[x].saved = func(string, nn.Shape) nn.Shape { return slices.Concat(away, inner) }
	if len(fresh) > 1 {
		x = m.add(name+"/lora_axes", &nn.Reshape{Target: slices.Concat(kept[:len(kept)-1], inner)}, x)
	}
	x = m.add(name+"/lora_b", &nn.Dense{Units: fresh.Channels()}, x)
	m.stages[x].kernel = "lora_kernel_b"
	if len(fresh) > 1 {
		x = m.add(name+"/lora_rows", &nn.Reshape{Target: append(slices.Clone(kept[:len(kept)-1]), fresh.Len())}, x)
	}
	if scale := alpha / float32(rank); scale != 1 {
		x = m.add(name+"/lora_scaled", &nn.Rescale{Scale: []float32{scale}, Offset: []float32{0}}, x)
	}
	return m.add(name+"/lora", &nn.Add{}, y, x)
}

// quantizeAttention makes attention quantized as other layers of the model are, which
// model.quantize does without saying so in the config; false: nothing is.
func (n *network) quantizeAttention() bool {
	var attention, others []*layer
	n.eachLeaf("", false, func(_ string, _ bool, l *layer) {
		f := newFields(l.config)
		switch {
		case l.class == "MultiHeadAttention" || l.class == "GroupedQueryAttention":
			attention = append(attention, l)
		case f.quantization() != nil && f.err == nil:
			others = append(others, l)
		}
	})
	if len(attention) == 0 || len(others) == 0 {
		return false
	}
	for _, l := range attention {
		for _, name := range []string{"dtype", "quantization_config"} {
			l.config[name] = others[0].config[name]
		}
	}
	return true
}

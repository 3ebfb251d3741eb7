package loader

import (
	"fmt"
	"maps"

	"github.com/vkeras/vkeras/nn"
)

// cellGroup is where Keras 3 keeps the weights of what a recurrent layer repeats.
const cellGroup = "cell"

// recurrence is a recurrent layer that reads the rows of its input one after the
// other.
type recurrence struct {
	composer
	f         *fields
	units     int
	recurrent *nn.Dense
	part      []part
	products  map[int]int // of states with the recurrent kernel
	inner     int         // the bias of those; none: they have none
}

// cell is what a recurrent layer repeats: of a row's products with the kernel and the
// state before it, it makes the state behind it, whose first part is the result.
type cell struct {
	name   string
	gates  int
	states int
	pairs  bool // the products with the state have a bias of their own
	step   func(r *recurrence, name string, x int, state []int) []int
}

func simpleRNN(f *fields, in []nn.Shape) []stage {
	return f.recurrent(in, cell{name: "simple_rnn_cell", gates: 1, states: 1, step: func(r *recurrence, name string, x int, state []int) []int {
		return []int{r.bend(name+"/row", "activation", r.add(name+"/sum", &nn.Add{}, x, r.product(name, state[0])))}
	}})
}

// lstm is the layer of Hochreiter and Schmidhuber 1997 with a gate that forgets.
func lstm(f *fields, in []nn.Shape) []stage {
	return f.recurrent(in, cell{name: "lstm_cell", gates: 4, states: 2, step: func(r *recurrence, name string, x int, state []int) []int {
		z := r.add(name+"/sum", &nn.Add{}, x, r.product(name, state[0]))
		gates := r.bend(name+"/gates", "recurrent_activation", z)
		into, forget, out := r.gate(name+"/in", gates, 0), r.gate(name+"/forget", gates, 1), r.gate(name+"/out", gates, 3)
		found := r.add(name+"/found", &nn.Multiply{}, into, r.bend(name+"/new", "activation", r.gate(name+"/candidate", z, 2)))
		carry := r.add(name+"/carry", &nn.Add{}, r.add(name+"/kept", &nn.Multiply{}, forget, state[1]), found)
		return []int{r.add(name+"/row", &nn.Multiply{}, out, r.bend(name+"/carried", "activation", carry)), carry}
	}})
}

// gru is the layer of Cho et al. 2014; with reset_after the state's products are
// weakened, else the state before them.
func gru(f *fields, in []nn.Shape) []stage {
	after := f.boolOr("reset_after", false)
	return f.recurrent(in, cell{name: "gru_cell", gates: 3, states: 1, pairs: after, step: func(r *recurrence, name string, x int, state []int) []int {
		products := r.product(name, state[0])
		gates := r.bend(name+"/gates", "recurrent_activation", r.add(name+"/sum", &nn.Add{}, x, products))
		keep, reset := r.gate(name+"/keep", gates, 0), r.gate(name+"/reset", gates, 1)
		var weak int
		if after {
			weak = r.add(name+"/weak", &nn.Multiply{}, reset, r.gate(name+"/product", products, 2))
		} else {
			weak = r.gate(name+"/weak", r.product(name+"/weakened", r.add(name+"/reset_state", &nn.Multiply{}, reset, state[0])), 2)
		}
		fresh := r.bend(name+"/new", "activation", r.add(name+"/new_sum", &nn.Add{}, r.gate(name+"/candidate", x, 2), weak))
		rest := r.add(name+"/rest", &nn.Rescale{Scale: []float32{-1}, Offset: []float32{1}}, keep)
		return []int{r.add(name+"/row", &nn.Add{}, r.add(name+"/kept", &nn.Multiply{}, keep, state[0]), r.add(name+"/added", &nn.Multiply{}, rest, fresh))}
	}})
}

// recurrent returns the stages of a recurrent layer, whose state is 0 at first. Where a
// mask has no position, the state stays.
func (f *fields) recurrent(in []nn.Shape, c cell) []stage {
	f.ignore("dropout", "recurrent_dropout", "unroll", "implementation", "unit_forget_bias", "seed", "input_length", "recurrent_activation")
	s, units, useBias := first(in), f.int("units"), f.bool("use_bias")
	sequences, backwards, zeroes, shows := f.boolOr("return_sequences", false), f.boolOr("go_backwards", false), f.boolOr("zero_output_for_mask", false), f.boolOr("return_state", false)
	if f.boolOr("stateful", false) {
		f.fail(advise(unsupported("stateful, so that what it says of a picture depends on those before"), "build the model without, and give it these weights (set_weights)"))
	}
	const most = 1 << 16 // numbers come from the config, unchecked
	switch {
	case f.err != nil:
		return nil
	case len(s) != 2 || s[0] < 1 || units < 1 || units > most:
		f.fail(malformed("%d units for an input of %v: expected rows of vectors", units, in))
		return nil
	case s[0] > maxTimes:
		f.fail(unsupported("%d rows, which are read one after the other: at most %d", s[0], maxTimes))
		return nil
	}
	r := &recurrence{
		composer: composer{in: in}, f: f, units: units, recurrent: &nn.Dense{Units: c.gates * units},
		part: []part{{c.name, cellGroup}}, products: map[int]int{}, inner: none,
	}
	products := r.add("/products", &nn.Dense{Units: c.gates * units}, input(0))
	r.stages[products].parts = r.part
	zero := r.add("/zero", &nn.Constant{Value: nn.NewTensor(1, units)}, input(0))
	r.product("/first", zero) // before the bias, as Keras stores them
	if useBias {
		products = r.biased(products, c)
	}
	mask := none
	if len(in) > 1 {
		mask = r.truth("mask", input(1), nn.Shape{-1, 1})
	}
	state, rows := make([]int, c.states), make([]int, s[0])
	for i := range state {
		state[i] = zero
	}
	for i := range rows {
		t := i
		if backwards {
			t = s[0] - 1 - i
		}
		name := fmt.Sprintf("/%d", t)
		next := c.step(r, name, r.row(name+"/products", products, t), state)
		if rows[i] = next[0]; mask != none {
			counts := r.row(name+"/mask", mask, t)
			for k := range next {
				next[k] = r.filled(fmt.Sprintf("%s/state_%d", name, k), counts, next[k], state[k])
			}
			if rows[i] = next[0]; zeroes {
				rows[i] = r.add(name+"/shown", &nn.Binary{Func: nn.Where}, counts, next[0])
			}
		}
		state = next
	}
	if shows {
		for k, at := range state {
			r.stages[r.add(fmt.Sprintf("/%d", s[0]+k), &nn.Reshape{Target: nn.Shape{units}}, at)].further = true
		}
	}
	if sequences {
		r.add("", &nn.Concat{Axis: 0}, rows...)
	} else {
		r.add("", &nn.Reshape{Target: nn.Shape{units}}, rows[len(rows)-1])
	}
	return r.stages
}

// product returns the products of a state with the recurrent kernel.
func (r *recurrence) product(name string, state int) int {
	at, ok := r.products[state]
	if !ok {
		at = r.add(name+"/recurrent", r.recurrent, state)
		r.stages[at].kernel, r.stages[at].parts = "recurrent_kernel", r.part
		r.products[state] = at
	}
	if r.inner == none {
		return at
	}
	return r.add(name+"/recurrent_biased", &nn.Add{}, at, r.inner)
}

// biased adds the bias to the products with the kernel; it may have a second row for
// those with the state.
func (r *recurrence) biased(products int, c cell) int {
	n := c.gates * r.units
	shape := nn.Shape{n}
	if c.pairs {
		shape = nn.Shape{2, n}
	}
	bias := r.weight("bias", shape, input(0))
	r.stages[bias-1].parts = r.part
	bias = r.add("/bias_rows", &nn.Reshape{Target: nn.Shape{shape.Len() / n, n}}, bias)
	if c.pairs {
		r.inner = r.add("/bias_state", &nn.Slice{Start: []int{1, 0}, Count: []int{1, n}, Step: []int{1, 1}}, bias)
		bias = r.add("/bias_input", &nn.Slice{Start: []int{0, 0}, Count: []int{1, n}, Step: []int{1, 1}}, bias)
	}
	return r.add("/biased", &nn.Add{}, products, bias)
}

// row takes one row.
func (r *recurrence) row(name string, from, t int) int {
	cut := whole(r.shape(from))
	if len(cut.Count) == 2 {
		cut.Start[0], cut.Count[0] = t, 1
	}
	return r.add(name, cut, from)
}

// gate takes the numbers of one gate.
func (r *recurrence) gate(name string, from, gate int) int {
	return r.add(name, &nn.Slice{Start: []int{0, gate * r.units}, Count: []int{1, r.units}, Step: []int{1, 1}}, from)
}

// bend applies one of the layer's activations.
func (r *recurrence) bend(name, activation string, x int) int {
	stages, _ := r.f.activation(activation, []nn.Shape{r.shape(x)})
	if len(stages) == 0 {
		return x
	}
	r.behind(name, stages, x)
	return len(r.stages) - 1
}

// bidirectional reads rows both ways, and merges what it finds (Schuster and Paliwal
// 1997).
func bidirectional(f *fields, in []nn.Shape) []stage {
	forward, ok := f.config["layer"].(object)
	config, isConfig := forward["config"].(object)
	backward, own := f.config["backward_layer"].(object)
	if f.ignore("layer", "backward_layer"); !ok || !isConfig {
		f.wrong("layer", "a layer")
		return nil
	}
	if !own { // of Keras 2, which makes it of the other
		other := maps.Clone(config)
		back, _ := config["go_backwards"].(bool)
		other["go_backwards"] = !back
		other["name"] = "backward_" + text(config, "name")
		backward = object{"class_name": forward["class_name"], "config": other}
	}
	m := composer{in: in}
	inputs := []int{input(0)}
	if len(in) > 1 {
		inputs = append(inputs, input(1))
	}
	var ends [2]int
	for i, o := range []object{forward, backward} {
		stages, name := f.inner(o, in)
		if f.err != nil {
			return nil
		}
		group := []string{"forward_layer", "backward_layer"}[i]
		for k := range stages {
			if stages[k].further {
				f.fail(unsupported("return_state"))
			}
			stages[k].parts = append([]part{{name, group}}, stages[k].parts...)
		}
		m.behind("/"+[]string{"forward", "backward"}[i], stages, inputs...)
		ends[i] = len(m.stages) - 1
	}
	if s := m.shape(ends[1]); len(s) == 2 {
		ends[1] = m.add("/turned", &nn.Slice{Start: []int{s[0] - 1, 0}, Count: s.Clone(), Step: []int{-1, 1}}, ends[1])
	}
	mode := "none"
	if f.has("merge_mode") {
		mode = f.string("merge_mode")
	}
	switch mode {
	case "concat":
		m.add("", &nn.Concat{Axis: -1}, ends[:]...)
	case "sum":
		m.add("", &nn.Add{}, ends[:]...)
	case "mul":
		m.add("", &nn.Multiply{}, ends[:]...)
	case "ave":
		m.add("", &nn.Rescale{Scale: []float32{0.5}, Offset: []float32{0}}, m.add("/sum", &nn.Add{}, ends[:]...))
	case "none":
		m.stages[m.add("/1", &nn.Identity{}, ends[1])].further = true
		m.add("", &nn.Identity{}, ends[0])
	default:
		f.refuse("merge_mode", mode)
	}
	return m.stages
}

package loader

import (
	"math"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// attended are the arguments of attention layers that are tensors, in their order.
var attended = []string{"query", "value", "key"}

// attentionInputs returns which input of the call is the query, the value and the
// key; the key is the value where none is given.
func (f *fields) attentionInputs(in []nn.Shape) (query, value, key int) {
	place := map[string]int{}
	positional := len(in) - len(f.named)
	for i := range min(positional, len(attended)) {
		place[attended[i]] = input(i)
	}
	for i, name := range f.named {
		place[name] = input(positional + i)
	}
	query, hasQuery := place["query"]
	value, hasValue := place["value"]
	if !hasQuery || !hasValue || positional > len(attended) {
		f.fail(malformed("expected a query, a value and perhaps a key, found %d inputs", len(in)))
		return 0, 0, 0
	}
	key, hasKey := place["key"]
	if !hasKey {
		key = value
	}
	return query, value, key
}

// attention is softmax(query key^T) value (Luong et al. 2015, dot), with use_scale
// the scores times a learned number.
func attention(f *fields, in []nn.Shape) []stage {
	f.ignore("dropout", "seed")
	if f.has("score_mode") && f.string("score_mode") != "dot" {
		f.refuse("score_mode", f.config["score_mode"])
	}
	useScale := f.boolOr("use_scale", false)
	query, value, key := f.attentionInputs(in)
	var m heading
	m.add("/scores", &nn.MatMul{TransposeB: true}, part{}, query, key)
	if scores, err := (&nn.MatMul{TransposeB: true}).Infer([]nn.Shape{shapeRead(in, query), shapeRead(in, key)}); useScale && err == nil {
		m.add("/column", &nn.Reshape{Target: nn.Shape{-1, 1}}, part{}, 0)
		m.add("/scaled", &nn.LayerScale{}, part{}, 1)
		scale := &m.stages[2]
		scale.kernel = "scale"
		scale.saved = func(string, nn.Shape) nn.Shape { return nn.Shape{} }
		m.add("/matrix", &nn.Reshape{Target: scores}, part{}, 2)
	}
	m.add("/weights", &nn.Softmax{}, part{}, len(m.stages)-1)
	m.add("", &nn.MatMul{}, part{}, len(m.stages)-1, value)
	return m.stages
}

// shapeRead returns the shape of an input, by what stages read.
func shapeRead(in []nn.Shape, from int) nn.Shape {
	if i := ^from; i >= 0 && i < len(in) {
		return in[i]
	}
	return nil
}

// additiveAttention is softmax(scores) value, where a score is the sum of tanh(query
// + key), with use_scale times learned factors (Bahdanau et al. 2015).
func additiveAttention(f *fields, in []nn.Shape) []stage {
	f.ignore("dropout", "seed")
	useScale := f.bool("use_scale")
	query, value, key := f.attentionInputs(in)
	q, k := shapeRead(in, query), shapeRead(in, key)
	if len(q) != 2 || len(k) != 2 {
		f.fail(malformed("expected rows of vectors, found %v and %v", q, k))
		return nil
	}
	var m heading
	m.add("/queries", &nn.Reshape{Target: nn.Shape{q[0], 1, q[1]}}, part{}, query)
	m.add("/keys", &nn.Reshape{Target: nn.Shape{1, k[0], k[1]}}, part{}, key)
	m.add("/sums", &nn.Add{}, part{}, 0, 1)
	m.add("/bent", &nn.Activation{Func: nn.Tanh}, part{}, 2)
	if useScale {
		m.add("/scaled", &nn.LayerScale{}, part{}, 3)
		m.stages[4].kernel = "scale"
	}
	m.add("/scores", &nn.Reduce{Func: nn.ReduceSum, Axes: []int{2}}, part{}, len(m.stages)-1)
	m.add("/weights", &nn.Softmax{}, part{}, len(m.stages)-1)
	m.add("", &nn.MatMul{}, part{}, len(m.stages)-1, value)
	return m.stages
}

// multiHeadAttention projects query, key and value for each head, attends, and
// projects what the heads found (Vaswani et al. 2017, section 3.2.2). Positions on
// several axes are attended to as if they were on one.
func multiHeadAttention(f *fields, in []nn.Shape) []stage {
	f.ignore("dropout", "seed", "query_shape", "key_shape", "value_shape", "softmax_robust_masking", "flash_attention")
	heads, keyDim, useBias := f.int("num_heads"), f.int("key_dim"), f.bool("use_bias")
	valueDim := keyDim
	if f.has("value_dim") {
		valueDim = f.int("value_dim")
	}
	query, value, key := f.attentionInputs(in)
	if f.err != nil {
		return nil
	}
	q := in[^query]
	f.allAxes("attention_axes", q)
	units := q.Channels()
	if f.has("output_shape") {
		units = f.only("output_shape")
	}
	const most = 1 << 20 // numbers come from the config, unchecked
	if heads < 1 || keyDim < 1 || valueDim < 1 || max(heads, keyDim, valueDim) > most || len(q) < 2 {
		f.fail(malformed("%d heads of %d and %d channels for an input of %v", heads, keyDim, valueDim, q))
		return nil
	}
	m := heading{heads: heads, useBias: useBias}
	queries := m.project("query", query, keyDim)
	m.add("/scaled", &nn.Rescale{Scale: []float32{float32(1 / math.Sqrt(float64(keyDim)))}, Offset: []float32{0}}, part{}, queries)
	queries = len(m.stages) - 1
	keys := m.project("key", key, keyDim)
	values := m.project("value", value, valueDim)
	m.add("/scores", &nn.MatMul{TransposeB: true}, part{}, queries, keys)
	m.add("/weights", &nn.Softmax{}, part{}, len(m.stages)-1)
	m.add("/heads", &nn.MatMul{}, part{}, len(m.stages)-1, values)
	m.add("/positions", &nn.Transpose{Axes: []int{1, 0, 2}}, part{}, len(m.stages)-1)
	m.add("/joined", &nn.Reshape{Target: append(q[:len(q)-1].Clone(), heads*valueDim)}, part{}, len(m.stages)-1)
	m.add("/attention_output", &nn.Dense{Units: units, UseBias: useBias}, part{"attention_output", outputGroup}, len(m.stages)-1)
	last := &m.stages[len(m.stages)-1]
	last.suffix = ""
	last.saved = func(role string, s nn.Shape) nn.Shape {
		if role == "kernel" {
			return nn.Shape{heads, valueDim, s[1]}
		}
		return s
	}
	return m.stages
}

// allAxes refuses attention that is not among all positions.
func (f *fields) allAxes(name string, s nn.Shape) {
	if !f.has(name) {
		return
	}
	axes := f.axes(name)
	for a := range len(s) - 1 {
		if !slices.Contains(axes, a) && !slices.Contains(axes, a-len(s)) {
			f.refuse(name, f.config[name])
		}
	}
}

// heading gathers the stages of attention with heads.
type heading struct {
	heads   int
	useBias bool
	stages  []stage
}

func (m *heading) add(suffix string, op nn.Op, p part, reads ...int) {
	m.stages = append(m.stages, stage{suffix: suffix, op: op, part: p, reads: reads})
}

// project adds the projection of an input (positions, channels) to (heads,
// positions, n), and returns its stage. Keras keeps the kernel as (channels, heads,
// n).
func (m *heading) project(name string, from, n int) int {
	m.add("/"+name, &nn.Dense{Units: m.heads * n, UseBias: m.useBias}, part{name, name + "_dense"}, from)
	heads := m.heads
	m.stages[len(m.stages)-1].saved = func(role string, s nn.Shape) nn.Shape {
		return append(s[:len(s)-1].Clone(), heads, n)
	}
	m.add("/"+name+"_split", &nn.Reshape{Target: nn.Shape{-1, heads, n}}, part{}, len(m.stages)-1)
	m.add("/"+name+"_heads", &nn.Transpose{Axes: []int{1, 0, 2}}, part{}, len(m.stages)-1)
	return len(m.stages) - 1
}

// einsumDense is a dense layer over the last axes of its input, to any axes: of the
// equation "abc,cde->abde", c is multiplied away, d and e are new.
func einsumDense(f *fields, in []nn.Shape) []stage {
	equation, s := strings.ReplaceAll(f.string("equation"), "...", ""), first(in)
	biasAxes := ""
	if f.has("bias_axes") {
		biasAxes = f.string("bias_axes")
	}
	operands, result, ok := strings.Cut(equation, "->")
	x, kernel, ok2 := strings.Cut(operands, ",")
	ellipsis := len(s) + 1 - len(x) // axes that the equation leaves out, with the batch
	if strings.Contains(f.string("equation"), "...") {
		x, result = strings.Repeat("*", max(ellipsis, 0))+x, strings.Repeat("*", max(ellipsis, 0))+result
	}
	contracted := 0
	for contracted < min(len(kernel), len(x)) && !strings.HasSuffix(x, kernel[:contracted+1]) {
		contracted++
	}
	contracted++
	if !ok || !ok2 || len(x) != len(s)+1 || contracted > len(kernel) || contracted >= len(x) || result != x[:len(x)-contracted]+kernel[contracted:] ||
		biasAxes != "" && biasAxes != kernel[contracted:] || len(result) < 2 {
		f.refuse("equation", f.config["equation"])
		return nil
	}
	target := f.newAxes("output_shape", len(result)-1, len(kernel)-contracted)
	if f.err != nil {
		return nil
	}
	before := s[:len(s)-contracted]
	away := s[len(before):]
	saved := func(role string, k nn.Shape) nn.Shape {
		if role == "kernel" {
			return append(away.Clone(), target...)
		}
		return target
	}
	return f.withActivation(in,
		stage{suffix: "/rows", op: &nn.Reshape{Target: append(before.Clone(), away.Len())}},
		stage{suffix: "/product", op: &nn.Dense{Units: target.Len(), UseBias: biasAxes != ""}, saved: saved},
		stage{op: &nn.Reshape{Target: append(before.Clone(), target...)}})
}

// newAxes reads the last n of the output's axes, which may be null before them.
func (f *fields) newAxes(name string, rank, n int) nn.Shape {
	l, ok := list(f.config[name])
	if m, isInt := asInt(f.config[name]); isInt {
		l, ok = []any{f.config[name]}, m > 0
	}
	f.ignore(name)
	if !ok || len(l) > rank || len(l) < n || n < 1 {
		f.wrong(name, "the output's shape")
		return nil
	}
	s := nn.Shape{}
	for _, v := range l[len(l)-n:] {
		d, ok := asInt(v)
		if !ok || d < 1 || d > 1<<20 {
			f.wrong(name, "the output's shape")
			return nil
		}
		s = append(s, d)
	}
	if _, err := s.Elements(); err != nil || len(s) > nn.MaxRank {
		f.fail(malformed("%s: %v is too large", name, s))
	}
	return s
}

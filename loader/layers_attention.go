package loader

import (
	"math"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// attended are the arguments of attention layers that are tensors: those that they
// may be called with by position, in their order, and masks.
var attended = []string{"query", "value", "key", "query_mask", "value_mask", "key_mask", "attention_mask", "mask"}

// masked is the score of a position that must not be attended to: nothing is left of
// it beside others.
const masked = -1e9

// attentionCall says which inputs of the layer are what; those that are not there
// are none.
type attentionCall struct {
	query, value, key                         int
	queryMask, valueMask, keyMask, scoresMask int
}

// ofAttention names the masks of a list as an attention layer takes them, which leaves
// that of the keys. MultiHeadAttention of Keras 3 overlooks a query_mask that its call
// has, and takes that of the query.
func (c call) ofAttention(l *layer, in []*nn.Node) (call, []*nn.Node) {
	overlooks := l.class == "MultiHeadAttention" && !l.before3
	if l.class != "Attention" && l.class != "AdditiveAttention" && !overlooks {
		return c, in
	}
	positional := len(in) - len(c.named)
	named, all := []string{}, slices.Clone(in[:positional])
	for i, name := range c.named {
		switch name {
		case maskOfInput(0):
			name = "query_mask"
		case maskOfInput(1):
			name = "value_mask"
		case maskOfInput(2):
			continue
		case "query_mask":
			if overlooks {
				continue
			}
		}
		named, all = append(named, name), append(all, in[positional+i])
	}
	c.named = named
	return c, all
}

// none is no input and no stage.
const none = math.MinInt

// attentionInputs reads which input of the call is the query, the value, the key and
// what mask; the key is the value where none is given.
func (f *fields) attentionInputs(in []nn.Shape) attentionCall {
	place := map[string]int{}
	for _, name := range attended {
		place[name] = none
	}
	positional := len(in) - len(f.named)
	for i := range min(positional, 3) {
		place[attended[i]] = input(i)
	}
	for i, name := range f.named {
		place[name] = input(positional + i)
	}
	c := attentionCall{place["query"], place["value"], place["key"], place["query_mask"], place["value_mask"], place["key_mask"], place["attention_mask"]}
	if c.query == none || c.value == none || positional > 3 || place["mask"] != none {
		f.fail(malformed("expected a query, a value and perhaps a key, found %d inputs", len(in)))
		return attentionCall{}
	}
	if c.key == none {
		c.key = c.value
	}
	return c
}

// heading gathers the stages of attention.
type heading struct {
	composer
	adds bool           // masks add to the scores, and do not take their place
	q    *quantization  // of its dense layers
	axes map[string]int // of the inputs of those, by their names
}

// times multiplies a stage by a single learned number, which Keras stores without
// axes, and returns it in the shape that it has.
func (m *heading) times(name string, at int) int {
	shape := m.shape(at)
	column := m.add("/"+name+"_column", &nn.Reshape{Target: nn.Shape{-1, 1}}, at)
	scaled := m.add("/"+name, &nn.LayerScale{}, column)
	m.stages[scaled].kernel = name
	m.stages[scaled].saved = func(string, nn.Shape) nn.Shape { return nn.Shape{} }
	return m.add("/"+name+"_shape", &nn.Reshape{Target: shape}, scaled)
}

// mask leaves out the scores of positions that one of the masks, (queries, keys) or
// what fits that, makes 0; and those that within does not allow, unless it is nil.
// Where masks take the scores' place, a row of which nothing is left has equal
// weights.
func (m *heading) mask(scores int, masks []int, within func(query, key int) bool) (at, mask int) {
	s := m.shape(scores)
	if within == nil && len(masks) == 0 || len(s) < 2 {
		return scores, none
	}
	if within != nil {
		keeps := matrixOf(s[len(s)-2], s[len(s)-1], within)
		if len(masks) == 0 {
			for i, v := range keeps.Data {
				keeps.Data[i] = (1 - v) * masked
			}
			return m.add("/masked", &nn.Add{}, scores, m.add("/mask", &nn.Constant{Value: keeps}, scores)), none
		}
		masks = append(masks, m.add("/allowed", &nn.Constant{Value: keeps}, scores))
	}
	mask = masks[0]
	if len(masks) > 1 {
		mask = m.add("/mask", &nn.Multiply{}, masks...)
	}
	kept := scores
	if !m.adds {
		kept = m.add("/kept", &nn.Binary{Func: nn.Where}, mask, scores)
	}
	rest := m.add("/rest", &nn.Rescale{Scale: []float32{-masked}, Offset: []float32{masked}}, mask)
	return m.add("/masked", &nn.Add{}, kept, rest), mask
}

// largestTable bounds the masks that are made when a model is read.
const largestTable = 1 << 24

// within returns what a mask allows: with a causal one those positions that are not later
// than the query, with a window of size only those less than it away.
func (f *fields) within(queries, keys, size int) func(query, key int) bool {
	if !f.causal && size == 0 {
		return nil
	}
	if queries > largestTable/max(keys, 1) {
		f.fail(unsupported("a mask of %d x %d positions", queries, keys))
		return nil
	}
	causal := f.causal
	return func(i, j int) bool {
		return (!causal || j <= i) && (size == 0 || max(i-j, j-i) < size)
	}
}

// attention is softmax(query key^T) value (Luong et al. 2015, dot), with use_scale
// the scores times a learned number; or the scores are a learned number times the
// sum of tanh(query + key).
func attention(f *fields, in []nn.Shape) []stage {
	mode := "dot"
	if f.has("score_mode") {
		mode = f.string("score_mode")
	}
	useScale := f.boolOr("use_scale", false)
	c := f.attentionInputs(in)
	if f.err != nil {
		return nil
	}
	m := heading{composer: composer{in: in}}
	var scores int
	switch mode {
	case "dot":
		scores = m.add("/scores", &nn.MatMul{TransposeB: true}, c.query, c.key)
		if useScale && m.shape(scores) != nil {
			scores = m.times("scale", scores)
		}
	case "concat":
		sums := f.sums(&m, c)
		if sums == none {
			return nil
		}
		if useScale {
			sums = m.times("scale", sums)
		}
		sums = m.add("/bent", &nn.Activation{Func: nn.Tanh}, sums)
		scores = m.times("concat_score_weight", m.add("/total", &nn.Reduce{Func: nn.ReduceSum, Axes: []int{2}}, sums))
	default:
		f.refuse("score_mode", f.config["score_mode"])
		return nil
	}
	return f.attend(&m, c, scores)
}

// sums adds each query to each key.
func (f *fields) sums(m *heading, c attentionCall) int {
	q, k := m.shape(c.query), m.shape(c.key)
	if len(q) != 2 || len(k) != 2 {
		f.fail(malformed("expected rows of vectors, found %v and %v", q, k))
		return none
	}
	queries := m.add("/queries", &nn.Reshape{Target: nn.Shape{q[0], 1, q[1]}}, c.query)
	keys := m.add("/keys", &nn.Reshape{Target: nn.Shape{1, k[0], k[1]}}, c.key)
	return m.add("/sums", &nn.Add{}, queries, keys)
}

// attend weighs the values by their scores.
func (f *fields) attend(m *heading, c attentionCall, scores int) []stage {
	f.ignore("dropout", "seed")
	f.causal = f.boolOr("causal", false) || f.causal // of early Keras 2
	if f.err != nil || c.keyMask != none || c.scoresMask != none {
		f.fail(unsupported("masks of other arguments than query and value"))
		return nil
	}
	var within func(query, key int) bool
	if s := m.shape(scores); len(s) >= 2 {
		within = f.within(s[len(s)-2], s[len(s)-1], 0)
	}
	var masks []int
	if c.valueMask != none {
		masks = append(masks, m.truth("value_mask", c.valueMask, nn.Shape{1, -1}))
	}
	m.adds = true
	scores, _ = m.mask(scores, masks, within)
	weights := m.add("/weights", &nn.Softmax{}, scores)
	m.stages[weights].further = f.shows
	y := m.add("", &nn.MatMul{}, weights, c.value)
	if c.queryMask != none {
		m.stages[y].suffix = "/heads"
		m.add("", &nn.Binary{Func: nn.Where}, m.truth("query_mask", c.queryMask, nn.Shape{-1, 1}), y)
	}
	return m.stages
}

// additiveAttention is softmax(scores) value, where a score is the sum of tanh(query
// + key), with use_scale times learned factors (Bahdanau et al. 2015).
func additiveAttention(f *fields, in []nn.Shape) []stage {
	useScale := f.bool("use_scale")
	c := f.attentionInputs(in)
	if f.err != nil {
		return nil
	}
	m := heading{composer: composer{in: in}}
	sums := f.sums(&m, c)
	if sums == none {
		return nil
	}
	sums = m.add("/bent", &nn.Activation{Func: nn.Tanh}, sums)
	if useScale {
		sums = m.add("/scaled", &nn.LayerScale{}, sums)
		m.stages[sums].kernel = "scale"
	}
	return f.attend(&m, c, m.add("/scores", &nn.Reduce{Func: nn.ReduceSum, Axes: []int{2}}, sums))
}

// heads are those of an attention layer: more of them may be for queries than for
// keys and values, whose each is then shared by as many.
type heads struct {
	queries, keys    int
	keyDim, valueDim int
	useBias, useGate bool
	window           int   // of positions that are attended to; 0: all
	axes             []int // that are attended along, in ascending order
	output           nn.Shape
	zeroes           bool // a row of which masks leave nothing becomes 0
}

// multiHeadAttention projects query, key and value for each head, attends, and
// projects what the heads found (Vaswani et al. 2017, section 3.2.2). Positions on
// several axes are attended to as if they were on one.
func multiHeadAttention(f *fields, in []nn.Shape) []stage {
	f.ignore("query_shape", "key_shape", "value_shape")
	c := f.attentionInputs(in)
	if f.err != nil {
		return nil
	}
	q := in[^c.query]
	h := heads{queries: f.int("num_heads"), keyDim: f.int("key_dim"), output: nn.Shape{q.Channels()}, axes: upTo(max(len(q)-1, 0))}
	h.keys, h.valueDim = h.queries, h.keyDim
	if f.has("value_dim") {
		h.valueDim = f.int("value_dim")
	}
	if f.has("output_shape") {
		h.output = f.newAxes("output_shape", nn.MaxRank, 1)
		if l, ok := list(f.config["output_shape"]); ok && len(l) > 1 {
			h.output = f.newAxes("output_shape", nn.MaxRank, len(l))
		}
	}
	if f.has("attention_axes") {
		h.axes = f.attentionAxes(q)
	}
	return f.headed(h, c, in)
}

// groupedQueryAttention is attention whose heads share keys and values (Ainslie et
// al. 2023).
func groupedQueryAttention(f *fields, in []nn.Shape) []stage {
	c := f.attentionInputs(in)
	if f.err != nil {
		return nil
	}
	q := in[^c.query]
	h := heads{queries: f.int("num_query_heads"), keys: f.int("num_key_value_heads"), keyDim: f.int("head_dim"), output: nn.Shape{q.Channels()}, axes: []int{0}}
	h.valueDim = h.keyDim
	if len(q) != 2 {
		f.fail(malformed("expected rows of vectors, found %v", q))
		return nil
	}
	return f.headed(h, c, in)
}

// attentionAxes reads the axes along which is attended, of one image.
func (f *fields) attentionAxes(q nn.Shape) []int {
	axes := f.axes("attention_axes")
	for i, a := range axes {
		if a < 0 {
			a += len(q)
		}
		if axes[i] = a; a < 0 || a > len(q)-2 {
			f.refuse("attention_axes", f.config["attention_axes"])
			return nil
		}
	}
	slices.Sort(axes)
	return slices.Compact(axes)
}

// headed returns the stages of attention with heads.
func (f *fields) headed(h heads, c attentionCall, in []nn.Shape) []stage {
	f.ignore("seed", "flash_attention", "dropout")
	h.useBias, h.useGate = f.bool("use_bias"), f.boolOr("use_gate", false)
	if f.has("sliding_window") {
		h.window = f.int("sliding_window")
	}
	m := heading{composer: composer{in: in}, adds: f.before3 && !f.boolOr("softmax_robust_masking", false), q: f.quantization()}
	h.zeroes = !f.before3 && (f.floatOr("dropout", 0) > 0 || f.shows || len(first(in)) != 2) // which take another way through Keras 3
	q, k, v := in[^c.query], in[^c.key], in[^c.value]
	const most = 1 << 20 // numbers come from the config, unchecked
	if f.err != nil || h.queries < 1 || h.keys < 1 || h.keyDim < 1 || h.valueDim < 1 || h.window < 0 ||
		max(h.queries, h.keyDim, h.valueDim, h.window) > most || h.queries%h.keys != 0 || len(q) < 2 || len(k) < 2 || len(v) < 2 {
		f.fail(malformed("%d heads of %d and %d channels for an input of %v", h.queries, h.keyDim, h.valueDim, q))
		return nil
	}
	whole := len(h.axes) == len(q)-1
	if !whole && (len(k) != len(q) || len(v) != len(q) || len(q) > nn.MaxRank) {
		f.fail(malformed("attention_axes of inputs of %v, %v and %v", q, v, k))
		return nil
	}
	m.axes = map[string]int{"query": len(q), "gate": len(q), "key": len(k), "value": len(v)}
	rows := func(name string, from int) int { return m.rows(name, from, h.axes, whole) }
	query := rows("query", c.query)
	queries := m.project("query", query, h.queries, h.keyDim, h.useBias)
	queries = m.add("/scaled", &nn.Rescale{Scale: []float32{float32(1 / math.Sqrt(float64(h.keyDim)))}, Offset: []float32{0}}, queries)
	keys := m.project("key", rows("key", c.key), h.keys, h.keyDim, h.useBias)
	gate := none
	if h.useGate {
		gate = m.dense("gate", query, h.queries, h.valueDim, h.useBias)
		gate = m.add("/gate_sigmoid", &nn.Activation{Func: nn.Sigmoid}, gate)
	}
	values := m.project("value", rows("value", c.value), h.keys, h.valueDim, h.useBias)
	if m.shape(queries) == nil || m.shape(values) == nil || m.shape(keys) == nil {
		return m.stages // whose shapes say what is wrong
	}
	y := f.attendByHead(&m, h, c, queries, keys, values)
	if f.err != nil {
		return nil
	}
	m.output(h, q, y, gate, whole)
	return m.stages
}

// rows puts the axes that are attended along side by side in front of the channels,
// and makes one of them, and one of the others.
func (m *heading) rows(name string, from int, axes []int, whole bool) int {
	s := m.shape(from)
	if whole || s == nil {
		return from
	}
	order, outer, along := apart(s, axes)
	at := m.add("/"+name+"_axes", &nn.Transpose{Axes: order}, from)
	return m.add("/"+name+"_rows", &nn.Reshape{Target: nn.Shape{outer.Len(), along.Len(), s.Channels()}}, at)
}

// apart returns the axes of a shape with some of them before the channels, and the
// extents of the others and of those.
func apart(s nn.Shape, axes []int) (order []int, outer, along nn.Shape) {
	for a, n := range s[:len(s)-1] {
		if !slices.Contains(axes, a) {
			order, outer = append(order, a), append(outer, n)
		}
	}
	for _, a := range axes {
		order, along = append(order, a), append(along, s[a])
	}
	return append(order, len(s)-1), outer, along
}

// attendByHead weighs the values of each head, (heads, positions, channels) or that
// behind an axis of others, and returns what they found in that shape.
func (f *fields) attendByHead(m *heading, h heads, c attentionCall, queries, keys, values int) int {
	shape := m.shape(queries)
	positions, shared := shape[len(shape)-2], h.queries/h.keys
	if shared > 1 { // the queries of heads that share a key are rows of one matrix
		queries = m.add("/shared", &nn.Reshape{Target: nn.Shape{h.keys, shared * positions, h.keyDim}}, queries)
	}
	scores := m.add("/scores", &nn.MatMul{TransposeB: true}, queries, keys)
	s := m.shape(scores)
	if s == nil {
		return scores
	}
	others := s[len(s)-1]
	if shared > 1 {
		scores = m.add("/scores_heads", &nn.Reshape{Target: nn.Shape{h.queries, positions, others}}, scores)
	}
	if (f.causal || h.window > 0) && (len(h.axes) != 1 || h.axes[0] != 0) {
		f.fail(unsupported("a causal mask or a window along other axes than the first"))
		return 0
	}
	scores, mask := m.mask(scores, f.headMasks(m, h, c, positions, others), f.within(positions, others, h.window))
	weights := m.add("/weights", &nn.Softmax{}, scores)
	if mask != none && h.zeroes {
		weights = m.add("/weights_kept", &nn.Binary{Func: nn.Where}, mask, weights)
	}
	if f.shows {
		m.show(h, c, weights)
	}
	if shared > 1 {
		weights = m.add("/weights_shared", &nn.Reshape{Target: nn.Shape{h.keys, shared * positions, others}}, weights)
	}
	y := m.add("/heads", &nn.MatMul{}, weights, values)
	if shared > 1 {
		y = m.add("/heads_apart", &nn.Reshape{Target: nn.Shape{h.queries, positions, h.valueDim}}, y)
	}
	return y
}

// show makes the weights of all heads, (heads, positions, positions) or that behind an
// axis of others, a result of the layer, with all axes of the query and of the key.
func (m *heading) show(h heads, c attentionCall, weights int) {
	q, k := m.shape(c.query), m.shape(c.key)
	_, outer, along := apart(q, h.axes)
	_, _, alongKeys := apart(k, h.axes)
	if len(h.axes) == len(q)-1 {
		outer, along, alongKeys = nil, q[:len(q)-1], k[:len(k)-1]
	}
	target := append(append(append(outer.Clone(), h.queries), along...), alongKeys...)
	m.stages[m.add("/1", &nn.Reshape{Target: target}, weights)].further = true
}

// headMasks returns the masks of the call, each in a shape that fits the scores of
// all heads.
func (f *fields) headMasks(m *heading, h heads, c attentionCall, positions, others int) []int {
	var masks []int
	rows := func(name string, at int, target nn.Shape) {
		switch s := m.shape(at); {
		case at == none:
		case len(h.axes) != 1 || s.Len() != positions && s.Len() != others:
			f.fail(unsupported("a mask of %v for attention along %d axes", s, len(h.axes)))
		default:
			masks = append(masks, m.truth(name, at, target))
		}
	}
	rows("query_mask", c.queryMask, nn.Shape{-1, 1})
	rows("value_mask", c.valueMask, nn.Shape{1, -1})
	rows("key_mask", c.keyMask, nn.Shape{1, -1})
	if c.scoresMask == none {
		return masks
	}
	s := m.shape(c.scoresMask)
	target := nn.Shape{positions, others}
	switch {
	case s.Len() == positions*others:
	case len(h.axes) == 1 && len(s) >= 2 && len(s) <= 3: // what is repeated
		target = s.Clone()
	default:
		f.fail(unsupported("an attention_mask of %v for %d x %d positions", s, positions, others))
		return nil
	}
	if m.adds && len(masks) == 0 && !f.causal { // Keras 2 takes the numbers as they are
		return []int{m.add("/attention_mask_shape", &nn.Reshape{Target: target}, c.scoresMask)}
	}
	return append(masks, m.truth("attention_mask", c.scoresMask, target))
}

// output joins what the heads found, and projects it.
func (m *heading) output(h heads, q nn.Shape, y, gate int, whole bool) {
	joined := h.queries * h.valueDim
	order := []int{1, 0, 2}
	target := append(q[:len(q)-1].Clone(), joined)
	if !whole {
		order = []int{0, 2, 1, 3}
	}
	y = m.add("/positions", &nn.Transpose{Axes: order}, y)
	if gate != none {
		y = m.add("/ungated", &nn.Reshape{Target: m.shape(gate)}, y)
		y = m.add("/gated", &nn.Multiply{}, y, gate)
	}
	if whole {
		y = m.add("/joined", &nn.Reshape{Target: target}, y)
	} else {
		axes, outer, along := apart(q, h.axes)
		back := make([]int, len(axes))
		for to, from := range axes {
			back[from] = to
		}
		y = m.add("/joined", &nn.Reshape{Target: append(append(outer.Clone(), along...), joined)}, y)
		y = m.add("/axes", &nn.Transpose{Axes: back}, y)
	}
	saved := func(role string, _ nn.Shape) nn.Shape {
		if role == "kernel" {
			return append(nn.Shape{h.queries, h.valueDim}, h.output...)
		}
		return h.output
	}
	before := len(m.stages)
	at := m.quantizedDense("/attention_output", m.q, &nn.Dense{Units: h.output.Len(), UseBias: h.useBias}, y, saved, len(h.output), len(q))
	m.within(before, part{name: "attention_output", group: outputGroup})
	dense := &m.stages[at]
	if len(h.output) > 1 {
		m.add("", &nn.Reshape{Target: append(q[:len(q)-1].Clone(), h.output...)}, at)
		return
	}
	dense.suffix = ""
}

// project adds the projection of an input (positions, channels) to (heads,
// positions, n), and returns its stage.
func (m *heading) project(name string, from, heads, n int, useBias bool) int {
	at := m.dense(name, from, heads, n, useBias)
	if len(m.shape(from)) == 3 && from >= 0 { // rows behind an axis of others
		s := m.shape(from)
		at = m.add("/"+name+"_split", &nn.Reshape{Target: nn.Shape{s[0], s[1], heads, n}}, at)
		return m.add("/"+name+"_heads", &nn.Transpose{Axes: []int{0, 2, 1, 3}}, at)
	}
	at = m.add("/"+name+"_split", &nn.Reshape{Target: nn.Shape{-1, heads, n}}, at)
	return m.add("/"+name+"_heads", &nn.Transpose{Axes: []int{1, 0, 2}}, at)
}

// dense adds a dense layer whose kernel Keras keeps as (channels, heads, n).
func (m *heading) dense(name string, from, heads, n int, useBias bool) int {
	saved := func(_ string, s nn.Shape) nn.Shape { return append(s[:len(s)-1].Clone(), heads, n) }
	before := len(m.stages)
	at := m.quantizedDense("/"+name, m.q, &nn.Dense{Units: heads * n, UseBias: useBias}, from, saved, 2, m.axes[name])
	m.within(before, part{name: name, group: name + "_dense"})
	return at
}

// within makes the stages from a place on those of a layer inside of this one.
func (m *heading) within(from int, p part) {
	for i := from; i < len(m.stages); i++ {
		m.stages[i].parts = []part{p}
	}
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

package loader

import (
	"math"

	"github.com/vkeras/vkeras/nn"
)

// dotProductAttention is softmax(query key^T scale + bias) value for each head, of
// tensors (positions, heads, channels); heads of the query may share one of key and
// value.
func dotProductAttention(o *operation) []*nn.Node {
	o.ignore("flash_attention")
	query, key, value := o.tensor(0), o.tensor(1), o.tensor(2)
	if query == nil || key == nil || value == nil {
		return one(nil)
	}
	q, k, v := query.Shape, key.Shape, value.Shape
	if len(q) != 3 || len(k) != 3 || len(v) != 3 || q[1]%k[1] != 0 || v[1] != k[1] || v[0] != k[0] {
		o.refuse("of %v, %v and %v: expected (positions, heads, channels), and as many heads or a whole share of them", q, k, v)
		return one(nil)
	}
	scale := o.float(5, float32(1/math.Sqrt(float64(k[2]))))
	byHead := func(x *nn.Node) *nn.Node {
		x = o.turned(x, []int{1, 0, 2})
		if x == nil || x.Shape[0] == q[1] {
			return x
		}
		times := q[1] / x.Shape[0]
		return o.copies(x, 0, times, func(i, _ int) int { return i / times })
	}
	scores := term{node: o.add(&nn.MatMul{TransposeB: true}, o.affine(byHead(query), scale, 0), byHead(key))}
	if o.has(3) {
		scores = term{node: o.plus(scores, o.term(3))}
	}
	scores = o.attended(scores, q[0], k[0])
	y := o.add(&nn.MatMul{}, o.add(&nn.Softmax{}, scores.node), byHead(value))
	return one(o.turned(y, []int{1, 0, 2}))
}

// attended gives scores of positions that must not be attended to a number that
// leaves nothing of them: by a mask, and of what comes later.
func (o *operation) attended(scores term, queries, keys int) term {
	if o.has(4) {
		scores = term{node: o.chosen(o.term(4), scores, constant(masked))}
	}
	if o.bool(6, false) {
		later := o.table(queries, keys, func(i, j int) bool { return j <= i })
		scores = term{node: o.chosen(later, scores, constant(masked))}
	}
	return scores
}

package nn

import "fmt"

// Single returns a graph of one operation, whose inputs are like these batches,
// (N, ...).
func Single(op Op, in ...*Tensor) (*Graph, error) {
	if len(in) == 0 {
		return nil, fmt.Errorf("%s: no input", op.Kind())
	}
	b := NewBuilder(op.Kind())
	nodes := make([]*Node, len(in))
	for i, t := range in {
		if len(t.Shape) < 2 {
			return nil, fmt.Errorf("input %d: expected a batch, found shape %v", i, t.Shape)
		}
		nodes[i] = b.Input(fmt.Sprintf("input_%d", i), t.Shape[1:])
	}
	return b.Graph(b.Add("output", op, nodes...))
}

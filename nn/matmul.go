package nn

import "fmt"

// MatMul multiplies matrices: y[..., i, j] = sum over k of a[..., i, k]
// b[..., k, j]. The axes before the last two are repeated as Add repeats them.
type MatMul struct {
	noWeights
	TransposeA, TransposeB bool // the last two axes of an input are (k, i), (j, k)
}

// Kind returns "MatMul".
func (*MatMul) Kind() string { return "MatMul" }

// Infer maps (..., M, K) and (..., K, N) to (..., M, N).
func (op *MatMul) Infer(in []Shape) (Shape, error) {
	if len(in) != 2 {
		return nil, fmt.Errorf("expected two inputs, found %d", len(in))
	}
	if len(in[0]) < 2 || len(in[1]) < 2 {
		return nil, fmt.Errorf("expected matrices, found %v and %v", in[0], in[1])
	}
	m, k, k2, n := op.Extents(in)
	if k != k2 {
		return nil, fmt.Errorf("matrices of %v and %v do not fit each other", in[0], in[1])
	}
	outer, err := broadcast([]Shape{in[0][:len(in[0])-2], in[1][:len(in[1])-2]})
	if err != nil {
		return nil, err
	}
	return append(outer.Clone(), m, n), rank(append(outer, m, n))
}

// Extents returns the rows and columns of both matrices as they are multiplied:
// (m, k) and (k2, n).
func (op *MatMul) Extents(in []Shape) (m, k, k2, n int) {
	last := func(s Shape, transposed bool) (rows, columns int) {
		rows, columns = s[len(s)-2], s[len(s)-1]
		if transposed {
			rows, columns = columns, rows
		}
		return rows, columns
	}
	m, k = last(in[0], op.TransposeA)
	k2, n = last(in[1], op.TransposeB)
	return m, k, k2, n
}

// MACs returns the matrices x M x K x N.
func (op *MatMul) MACs(in []Shape, out Shape) int64 {
	_, k, _, _ := op.Extents(in)
	return int64(out.Len()) * int64(k)
}

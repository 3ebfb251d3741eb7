package loader

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// diagonal takes the positions of two axes that are equal but for an offset, along a
// new last axis: (x, offset, axis1, axis2).
func diagonal(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	return one(o.diagonalOf(x, o.int(1, 0), o.axis(2, 0, len(x.Shape)), o.axis(3, 1, len(x.Shape))))
}

// lastDiagonal takes that of the last two axes.
func lastDiagonal(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil || len(x.Shape) < 2 {
		o.refuse("expected matrices")
		return one(nil)
	}
	return one(o.diagonalOf(x, 0, len(x.Shape)-2, len(x.Shape)-1))
}

func (o *operation) diagonalOf(x *nn.Node, offset, row, column int) *nn.Node {
	if x == nil || o.err != nil {
		return nil
	}
	if row == column {
		o.refuse("of axis %d with itself", row+1)
		return nil
	}
	rows, columns := x.Shape[row], x.Shape[column]
	order := slices.DeleteFunc(upTo(len(x.Shape)), func(a int) bool { return a == row || a == column })
	outer := nn.Shape{}
	for _, a := range order {
		outer = append(outer, x.Shape[a])
	}
	x = o.turned(x, append(order, row, column))
	var positions []int32
	for i := max(0, -offset); i < rows && i+offset < columns; i++ {
		positions = append(positions, int32(i*columns+i+offset))
	}
	if !o.bounded(len(positions)) {
		return nil
	}
	return o.gathered(o.shaped(x, append(outer.Clone(), rows*columns)), len(outer), positions, 0)
}

// trace returns the operator of the sum of a diagonal.
func trace(diagonal func(o *operation) []*nn.Node) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		x := diagonal(o)[0]
		if x == nil {
			return one(nil)
		}
		return one(o.reduced(nn.ReduceSum, x, []int{len(x.Shape) - 1}, false))
	}
}

// triangle returns the operator that keeps what lies on one side of the diagonal of
// matrices, moved by k, and makes the rest 0.
func triangle(keeps func(row, column, k int) bool) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		k := o.int(1, 0)
		return one(o.within(o.tensor(0), func(i, j int) bool { return keeps(i, j, k) }))
	}
}

func lowerPart(row, column, k int) bool { return column-row <= k }
func upperPart(row, column, k int) bool { return column-row >= k }

// band keeps so many diagonals below and above, all of them where the number is
// below 0: (x, below, above).
func band(o *operation) []*nn.Node {
	below, above := o.int(1, -1), o.int(2, -1)
	return one(o.within(o.tensor(0), func(i, j int) bool { return (below < 0 || i-j <= below) && (above < 0 || j-i <= above) }))
}

func (o *operation) within(x *nn.Node, keeps func(row, column int) bool) *nn.Node {
	if x == nil || len(x.Shape) < 2 {
		o.refuse("expected matrices: the batch's axis would be one of theirs")
		return nil
	}
	mask := o.table(x.Shape[len(x.Shape)-2], x.Shape[len(x.Shape)-1], keeps)
	return o.of(nn.Where, mask, term{node: x}).node
}

// table is a matrix of 1 where something holds, else 0.
func (o *operation) table(rows, columns int, holds func(row, column int) bool) term {
	if columns > maxBound/rows || !o.bounded(rows*columns) {
		o.refuse("a matrix of %d x %d", rows, columns)
		return term{}
	}
	return term{array: matrixOf(rows, columns, holds)}
}

func matrixOf(rows, columns int, holds func(row, column int) bool) *nn.Tensor {
	t := nn.NewTensor(rows, columns)
	for i := range t.Data {
		if holds(i/columns, i%columns) {
			t.Data[i] = 1
		}
	}
	return t
}

// runningSum is the sum of all up to each position of an axis: a product with a
// triangle of ones. Of TensorFlow, position itself may be left out, and the order
// be reversed: (x, axis, exclusive, reverse).
func runningSum(o *operation) []*nn.Node {
	o.ignore("dtype")
	return one(o.running(o.tensor(0)))
}

// runningSumOfNumbers takes 0 for what is no number.
func runningSumOfNumbers(o *operation) []*nn.Node {
	o.ignore("dtype")
	return one(o.running(o.numbersOf(o.tensor(0), 0)))
}

func (o *operation) running(x *nn.Node) *nn.Node {
	a, ok := o.givenAxisOf(x, 1)
	exclusive, reverse := len(o.params) > 2 && o.bool(2, false), len(o.params) > 3 && o.bool(3, false)
	if !ok || o.err != nil {
		return nil
	}
	n := x.Shape[a]
	sums := o.table(n, n, func(i, j int) bool {
		if reverse {
			i, j = j, i
		}
		return i < j || i == j && !exclusive
	})
	if sums.array == nil {
		return nil
	}
	last := upTo(len(x.Shape))
	last[a], last[len(last)-1] = last[len(last)-1], a
	return o.turned(o.dense(o.turned(x, last), sums.array, false), last)
}

// runningProduct is the product of all up to each position of an axis: each time of
// twice as many.
func runningProduct(o *operation) []*nn.Node {
	o.ignore("dtype")
	return one(o.multiplying(o.tensor(0)))
}

// runningProductOfNumbers takes 1 for what is no number.
func runningProductOfNumbers(o *operation) []*nn.Node {
	o.ignore("dtype")
	return one(o.multiplying(o.numbersOf(o.tensor(0), 1)))
}

func (o *operation) multiplying(x *nn.Node) *nn.Node {
	a, ok := o.givenAxisOf(x, 1)
	if !ok {
		return nil
	}
	n := x.Shape[a]
	for step := 1; step < n && x != nil; step *= 2 {
		if !o.bounded(n) {
			return nil
		}
		before := make([]int32, n)
		for i := range before {
			before[i] = int32(max(i-step, -1))
		}
		x = o.add(&nn.Multiply{}, x, o.gathered(x, a, before, 1))
	}
	return x
}

// crossed is the cross product of vectors of three on the last axis.
func crossed(o *operation) []*nn.Node {
	a, b := o.two()
	if a == nil || b == nil {
		return one(nil)
	}
	last := len(a.Shape) - 1
	for i := 2; i < 5; i++ {
		if axis := o.int(i, -1); axis != -1 && axis != last+1 {
			o.refuse("along another axis than the last")
		}
	}
	if last < 0 || len(b.Shape) != len(a.Shape) || a.Shape[last] != 3 || b.Shape[last] != 3 {
		o.refuse("of vectors of %v and %v: expected three numbers on the last axis", a.Shape, b.Shape)
		return one(nil)
	}
	next, over := []int32{1, 2, 0}, []int32{2, 0, 1}
	product := func(p, q []int32) *nn.Node {
		return o.add(&nn.Multiply{}, o.gathered(a, last, p, 0), o.gathered(b, last, q, 0))
	}
	return one(o.add(&nn.Binary{Func: nn.Subtract}, product(next, over), product(over, next)))
}

// innerProduct sums over the last axes of a tensor and of numbers.
func innerProduct(o *operation) []*nn.Node {
	x, w := o.tensor(0), o.term(1).array
	switch {
	case x == nil || w == nil || len(w.Shape) < 1 || len(w.Shape) > 2:
		o.refuse("expected a tensor, and a vector or a matrix of numbers: of two tensors it mixes the images of a batch")
		return one(nil)
	case len(w.Shape) == 2:
		return one(o.dense(x, w, true))
	}
	y := o.dense(x, &nn.Tensor{Shape: append(w.Shape.Clone(), 1), Data: w.Data}, false)
	if y == nil {
		return one(nil)
	}
	return one(o.shaped(y, y.Shape[:len(y.Shape)-1]))
}

// trapezoid is the integral along an axis by the means of neighbours: (y, x, dx,
// axis) with equal distances dx.
func trapezoid(o *operation) []*nn.Node {
	y, dx := o.tensor(0), o.float(2, 1)
	if y == nil || o.has(1) {
		o.refuse("expected distances that are equal")
		return one(nil)
	}
	a := o.axis(3, -1, len(y.Shape))
	if o.err != nil || y.Shape[a] < 2 {
		o.refuse("too few positions")
		return one(nil)
	}
	n := y.Shape[a] - 1
	pairs := o.add(&nn.Add{}, o.part(y, a, 1, n), o.part(y, a, 0, n))
	return one(o.affine(o.reduced(nn.ReduceSum, pairs, []int{a}, false), dx/2, 0))
}

package nn

// Sort puts the numbers along one axis in order, or says where in it they were.
// Equal ones stay in their order, which is that of Keras's argsort and top_k; NaN is
// larger than any number, as in NumPy.
type Sort struct {
	noWeights
	Axis       int  // of one image; negative counts from the end
	Descending bool // the largest first
	Positions  bool // the numbers' places on the axis, counted from 0, instead of them
}

// Kind returns "Sort".
func (*Sort) Kind() string { return "Sort" }

// Infer returns the input's shape.
func (op *Sort) Infer(in []Shape) (Shape, error) { return alongAxes([]int{op.Axis}, in) }

// Inner returns the number of elements that are sorted together, and the distance
// between neighbours among them, as that of Softmax.
func (op *Sort) Inner(in Shape) (extent, inner int) { return inside([]int{op.Axis}, in) }

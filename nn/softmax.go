package nn

// Softmax is exp(x - max) / sum of exp(x - max) over the axes, all of which
// share one maximum and one sum.
type Softmax struct {
	noWeights
	Axes []int // of one image, side by side; negative ones count from the end; nil: the last
}

// Kind returns "Softmax".
func (*Softmax) Kind() string { return "Softmax" }

// Infer returns the input's shape.
func (op *Softmax) Infer(in []Shape) (Shape, error) { return alongAxes(op.Axes, in) }

// Inner returns the number of elements that are normalised together, and the
// distance between neighbours among them: element i of an image belongs to row
// i / (extent inner) inner + i mod inner.
func (op *Softmax) Inner(in Shape) (extent, inner int) { return inside(op.Axes, in) }

// LogSoftmax is x - max - log(sum of exp(x - max)) over the axes.
type LogSoftmax struct {
	noWeights
	Axes []int // as those of Softmax
}

// Kind returns "LogSoftmax".
func (*LogSoftmax) Kind() string { return "LogSoftmax" }

// Infer returns the input's shape.
func (op *LogSoftmax) Infer(in []Shape) (Shape, error) { return alongAxes(op.Axes, in) }

// Inner is Inner of Softmax.
func (op *LogSoftmax) Inner(in Shape) (extent, inner int) { return inside(op.Axes, in) }

// Sparsemax is max(x - tau, 0) over the axes, as Keras computes it. The k largest
// values with 1 + k x[k] > s[k], s[k] being their sum, support the result, as in
// Martins and Astudillo 2016; but where their tau is (s[k] - 1) / k, which makes
// the results sum to 1, Keras's is (s[1] + ... + s[k] - 1) / k (seen in 3.15), and
// what a network learned with is what counts.
type Sparsemax struct {
	noWeights
	Axes []int // as those of Softmax
}

// Kind returns "Sparsemax".
func (*Sparsemax) Kind() string { return "Sparsemax" }

// Infer returns the input's shape.
func (op *Sparsemax) Infer(in []Shape) (Shape, error) { return alongAxes(op.Axes, in) }

// Inner is Inner of Softmax.
func (op *Sparsemax) Inner(in Shape) (extent, inner int) { return inside(op.Axes, in) }

package nn

// Normalize is y = (x - mean) / d with d = max(sqrt(variance), 1e-7), or with
// Invert y = x d + mean: Keras's Normalization layer, whose statistics are adapted
// from data or given. There is one mean and variance a position on Axes.
type Normalize struct {
	Axes    []int // of one image; negative ones count from the end; nil: the last
	Scalar  bool  // one mean and one variance for all elements, whatever Axes says
	Invert  bool
	Adapted bool // the statistics are weights in the file, else constants of the config

	Mean, Variance *Tensor // the extents on Axes; () with Scalar
}

// Kind returns "Normalize".
func (*Normalize) Kind() string { return "Normalize" }

// Infer returns the input's shape.
func (op *Normalize) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	if _, err := axesOf(op.Axes, len(s)); err != nil && !op.Scalar {
		return nil, err
	}
	if op.Adapted {
		return s, nil
	}
	for _, p := range op.statistics(in) {
		if err := p.Check(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// WeightAxes returns the axes of an image that the statistics are indexed by.
func (op *Normalize) WeightAxes(in Shape) []int {
	if op.Scalar {
		return nil
	}
	axes, _ := axesOf(op.Axes, len(in))
	return axes
}

// ByChannel reports whether there is one mean and variance a channel, or one for
// all.
func (op *Normalize) ByChannel(in Shape) bool {
	axes := op.WeightAxes(in)
	return len(axes) == 0 || len(axes) == 1 && axes[0] == len(in)-1
}

// Params returns the mean and the variance when they were adapted from data.
func (op *Normalize) Params(in []Shape) []Param {
	if !op.Adapted {
		return nil
	}
	return op.statistics(in)
}

func (op *Normalize) statistics(in []Shape) []Param {
	s := extentsOn(op.WeightAxes(in[0]), in[0])
	return []Param{{Role: "mean", Shape: s, Value: &op.Mean}, {Role: "variance", Shape: s, Value: &op.Variance}}
}

// MACs returns 0: normalisation is counted as bandwidth, not as products.
func (*Normalize) MACs([]Shape, Shape) int64 { return 0 }

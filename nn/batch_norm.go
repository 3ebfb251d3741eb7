package nn

// BatchNorm normalises with the statistics gathered in training:
// y = (x - mean) / sqrt(variance + Epsilon) gamma + beta, each of them indexed
// by the position on Axis (Ioffe and Szegedy 2015, algorithm 2).
type BatchNorm struct {
	Axis    int // of one image: 2 of (H, W, C); negative counts from the end
	Epsilon float32
	Scale   bool // has gamma
	Center  bool // has beta

	Gamma, Beta    *Tensor // nil unless Scale, Center
	Mean, Variance *Tensor
}

// Kind returns "BatchNorm".
func (*BatchNorm) Kind() string { return "BatchNorm" }

// Infer returns the input's shape.
func (op *BatchNorm) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	if _, err := axis(op.Axis, len(s)); err != nil {
		return nil, err
	}
	return s, nil
}

// Params returns gamma and beta, where present, the mean and the variance.
func (op *BatchNorm) Params(in []Shape) []Param {
	a, err := axis(op.Axis, len(in[0]))
	if err != nil {
		return nil
	}
	s := Shape{in[0][a]}
	var p []Param
	if op.Scale {
		p = append(p, Param{Role: "gamma", Shape: s, Trainable: true, Value: &op.Gamma})
	}
	if op.Center {
		p = append(p, Param{Role: "beta", Shape: s, Trainable: true, Value: &op.Beta})
	}
	return append(p,
		Param{Role: "moving_mean", Shape: s, Value: &op.Mean},
		Param{Role: "moving_variance", Shape: s, Value: &op.Variance})
}

// MACs returns 0: normalisation is counted as bandwidth, not as products.
func (*BatchNorm) MACs([]Shape, Shape) int64 { return 0 }

// Inner returns the extent of the normalised axis and the number of elements
// behind it: element i of an image belongs to index (i / inner) mod extent.
func (op *BatchNorm) Inner(in Shape) (extent, inner int) {
	a, err := axis(op.Axis, len(in))
	if err != nil {
		return 0, 0
	}
	return in[a], Shape(in[a+1:]).Len()
}

// ByChannel reports whether the normalised axis is the last one. That nothing is
// behind another axis, of one channel, does not make it so.
func (op *BatchNorm) ByChannel(in Shape) bool {
	a, err := axis(op.Axis, len(in))
	return err == nil && a == len(in)-1
}

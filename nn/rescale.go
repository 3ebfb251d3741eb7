package nn

import "fmt"

// Rescale is y = x scale + offset, with one scale and offset for all elements
// or one a channel.
type Rescale struct {
	noWeights
	Scale, Offset []float32 // 1 or C elements each
}

// Kind returns "Rescale".
func (*Rescale) Kind() string { return "Rescale" }

// Infer returns the input's shape.
func (op *Rescale) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	for _, v := range [][]float32{op.Scale, op.Offset} {
		if len(v) != 1 && len(v) != s.Channels() {
			return nil, fmt.Errorf("expected 1 or %d constants, found %d", s.Channels(), len(v))
		}
	}
	return s, nil
}

// Normalize is y = (x - mean) / max(sqrt(variance), 1e-7) by channel: Keras's
// Normalization layer, whose statistics are adapted from data or given.
type Normalize struct {
	Adapted bool // the statistics are weights in the file, else constants of the config

	Mean, Variance *Tensor // (C)
}

// Kind returns "Normalize".
func (*Normalize) Kind() string { return "Normalize" }

// Infer returns the input's shape.
func (op *Normalize) Infer(in []Shape) (Shape, error) {
	s, err := one(in)
	if err != nil || op.Adapted {
		return s, err
	}
	for _, p := range op.statistics(in) {
		if err := p.Check(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Params returns the mean and the variance when they were adapted from data.
func (op *Normalize) Params(in []Shape) []Param {
	if !op.Adapted {
		return nil
	}
	return op.statistics(in)
}

func (op *Normalize) statistics(in []Shape) []Param {
	c := Shape{in[0].Channels()}
	return []Param{{Role: "mean", Shape: c, Value: &op.Mean}, {Role: "variance", Shape: c, Value: &op.Variance}}
}

// MACs returns 0: normalisation is counted as bandwidth, not as products.
func (*Normalize) MACs([]Shape, Shape) int64 { return 0 }

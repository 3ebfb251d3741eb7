package nn

// LayerScale is x gamma, with a factor a channel (Touvron et al. 2021, "Going
// deeper with image transformers").
type LayerScale struct {
	sameShape

	Gamma *Tensor // (C)
}

// Kind returns "LayerScale".
func (*LayerScale) Kind() string { return "LayerScale" }

// Params returns gamma.
func (op *LayerScale) Params(in []Shape) []Param {
	return []Param{{Role: "gamma", Shape: Shape{in[0].Channels()}, Trainable: true, Value: &op.Gamma}}
}

// MACs returns 0: it is counted as bandwidth, not as products.
func (*LayerScale) MACs([]Shape, Shape) int64 { return 0 }

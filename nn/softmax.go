package nn

// Softmax is exp(x - max) / sum of exp(x - max) over the last axis.
type Softmax struct {
	noWeights
	sameShape
}

// Kind returns "Softmax".
func (*Softmax) Kind() string { return "Softmax" }

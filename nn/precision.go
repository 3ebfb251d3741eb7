package nn

import (
	"fmt"
	"slices"
	"strings"
)

// Precision says which numbers are stored as float16, which has 11 binary
// digits and ends at 65504. Kernels compute and sum in float32 always.
type Precision string

// The precisions.
const (
	FP32  Precision = "fp32"  // none
	FP16W Precision = "fp16w" // the kernels of convolutions and dense layers; not their biases
	FP16  Precision = "fp16"  // those, and every tensor that a step reads or writes
)

// Precisions lists the precisions, the most exact first.
func Precisions() []Precision { return []Precision{FP32, FP16W, FP16} }

// ParsePrecision returns the precision of that name; the empty name is FP32's.
func ParsePrecision(name string) (Precision, error) {
	if name == "" {
		return FP32, nil
	}
	if p := Precision(name); slices.Contains(Precisions(), p) {
		return p, nil
	}
	var names []string
	for _, p := range Precisions() {
		names = append(names, string(p))
	}
	return "", fmt.Errorf("precision %q: expected %s", name, strings.Join(names, ", "))
}

// HalfWeights reports whether kernels' weights are float16.
func (p Precision) HalfWeights() bool { return p == FP16W || p == FP16 }

// HalfTensors reports whether tensors are float16.
func (p Precision) HalfTensors() bool { return p == FP16 }

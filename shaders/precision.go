package shaders

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

// variants returns the kernels, then what the other precisions make of them. A
// kernel that multiplies by no matrix is the same in FP32 and FP16W.
func variants(list []Kernel) []Kernel {
	all := slices.Clone(list)
	for i := range all {
		all[i].Base, all[i].Precision = all[i].Name, FP32
	}
	for _, p := range Precisions()[1:] {
		for _, k := range all[:len(list)] {
			if p.HalfTensors() || k.Weighted {
				all = append(all, k.at(p))
			}
		}
	}
	return all
}

// at returns the kernel's variant for another precision.
func (k Kernel) at(p Precision) Kernel {
	k.Precision, k.Name = p, k.Base+"_"+string(p)
	defines := map[string]int{}
	for name, v := range k.Defines {
		defines[name] = v
	}
	if p.HalfTensors() {
		defines["HALF_TENSORS"] = 1
	}
	if p.HalfWeights() && k.Weighted {
		defines["HALF_WEIGHTS"] = 1
	}
	k.Defines = defines
	return k
}

// TexelBytes returns the bytes of a texel, a four of numbers, of one of the
// kernel's texel buffers.
func (k Kernel) TexelBytes(binding int) int64 {
	const weights = 1 // of every kernel with texel buffers
	if k.Precision.HalfTensors() || k.Precision.HalfWeights() && binding == weights {
		return 8
	}
	return 16
}

// For returns the variant of a kernel, by its base name, that a net of that
// precision runs.
func For(base string, p Precision) (Kernel, bool) {
	if p != FP32 {
		if k, ok := Named(base + "_" + string(p)); ok {
			return k, true
		}
	}
	k, ok := Named(base)
	return k, ok && k.Base == base && (p == FP32 || p == FP16W && !k.Weighted)
}

package shaders

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// variants returns the kernels, then what the other precisions make of them. A
// kernel that multiplies by no matrix is the same in nn.FP32 and nn.FP16W.
func variants(list []Kernel) []Kernel {
	all := slices.Clone(list)
	for i := range all {
		all[i].Base, all[i].Precision = all[i].Name, nn.FP32
	}
	for _, p := range nn.Precisions()[1:] {
		for _, k := range all[:len(list)] {
			if p.HalfTensors() || k.Weighted {
				all = append(all, k.at(p))
			}
		}
	}
	return all
}

// at returns the kernel's variant for another precision.
func (k Kernel) at(p nn.Precision) Kernel {
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
	half := k.Precision.HalfTensors()
	if binding == weights {
		half = k.Weighted && k.Precision.HalfWeights()
	}
	if half {
		return 8
	}
	return 16
}

// For returns the variant of a kernel, by its base name, that a net of that
// precision runs.
func For(base string, p nn.Precision) (Kernel, bool) {
	if p != nn.FP32 {
		if k, ok := Named(base + "_" + string(p)); ok {
			return k, true
		}
	}
	k, ok := Named(base)
	return k, ok && k.Base == base && (p == nn.FP32 || p == nn.FP16W && !k.Weighted)
}

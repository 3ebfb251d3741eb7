package loader

import (
	"regexp"
	"strings"
)

// legacyWeight is an entry of weight_names, taken apart.
type legacyWeight struct {
	path  string // in the layer's group: "base/conv1/kernel:0"
	scope string // the layer's name, perhaps behind those of models: "base/conv1"; "" where it doesn't say
	role  string // as Keras 3 calls it: "kernel"; "" for no role of a layer that is read here
}

// state reports a variable that does not act at inference: the number of
// samples that a Normalization saw, the state of a random generator, the vector
// by which SpectralNormalization found a kernel's norm, statistics of batches by
// which a BatchNormalization with renorm corrects itself in training.
func (w legacyWeight) state() bool {
	base := w.path[strings.LastIndexByte(w.path, '/')+1:]
	base, _, _ = strings.Cut(base, ":")
	switch taken.ReplaceAllString(base, "") {
	case "count", "seed_generator_state", "StateVar", "sn_u", "vector_u", "moving_stddev", "renorm_mean", "renorm_stddev":
		return true
	}
	return false
}

// legacyRoles are the names of variables in all generations of Keras.
var legacyRoles = map[string]string{
	"kernel": "kernel", "bias": "bias",
	"depthwise_kernel": "depthwise_kernel", "pointwise_kernel": "pointwise_kernel",
	"gamma": "gamma", "beta": "beta", "moving_mean": "moving_mean", "moving_variance": "moving_variance",
	"mean": "mean", "variance": "variance", "alpha": "alpha", "scale": "scale",
	"kernel_scale": "kernel_scale", "kernel_zero": "kernel_zero", "g_idx": "g_idx", "lora_kernel_a": "lora_kernel_a", "lora_kernel_b": "lora_kernel_b",
	"inputs_scale": "inputs_scale", "inputs_amax_history": "inputs_amax_history", "kernel_amax_history": "kernel_amax_history", // of float8
	"outputs_grad_scale": "outputs_grad_scale", "outputs_grad_amax_history": "outputs_grad_amax_history",
	"concat_score_weight": "concat_score_weight", // of Attention
	"variable":            "gamma",               // of Keras 3's LayerScale, which names none
	// Keras 1. Its running_std is the variance.
	"W": "kernel", "b": "bias", "running_mean": "moving_mean", "running_std": "moving_variance",
}

// keras1Name is <layer>_<role>, with the number that TensorFlow appends when
// the name was taken.
var keras1Name = regexp.MustCompile(`^(.+)_(W|b|gamma|beta|running_mean|running_std)(?:_\d+)?$`)

// taken is the number that TensorFlow appends to a name that was taken.
var taken = regexp.MustCompile(`_\d+$`)

// parseWeightName takes a name such as "base/conv1/kernel:0", "conv1_W:0" or
// "kernel" apart.
func parseWeightName(path string) legacyWeight {
	w := legacyWeight{path: path}
	slash := strings.LastIndexByte(path, '/') + 1
	base, _, _ := strings.Cut(path[slash:], ":") // of a layer's name it is a part
	scope := strings.TrimSuffix(path[:slash], "/")
	if role, ok := legacyRoles[base]; ok {
		w.scope, w.role = scope, role
	} else if role, ok := legacyRoles[taken.ReplaceAllString(base, "")]; ok {
		w.scope, w.role = scope, role
	} else if part := keras1Name.FindStringSubmatch(base); part != nil {
		w.scope, w.role = path[:slash]+part[1], legacyRoles[part[2]]
	}
	return w
}

// is reports whether the weight may have a role. Keras 3 calls the kernel of a
// depthwise convolution a kernel.
func (w legacyWeight) is(role string) bool {
	return w.role == role || w.role == "kernel" && role == "depthwise_kernel"
}

// suffixes calls visit with the ends of the scope at its slashes, the longest
// first: "base/conv1/bn", "conv1/bn", "bn".
func (w legacyWeight) suffixes(visit func(suffix string)) {
	const most = 64 // deeper scopes are no layer's
	for suffix, i := w.scope, 0; suffix != "" && i < most; i++ {
		visit(suffix)
		_, suffix, _ = strings.Cut(suffix, "/")
	}
}

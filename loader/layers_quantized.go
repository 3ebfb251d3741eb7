package loader

import (
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// int8 reports whether the layer is one that model.quantize("int8") made, and
// accepts its policy.
func (f *fields) int8() bool {
	policy, _ := f.config["dtype"].(object)
	config, _ := policy["config"].(object)
	f.isInt8 = text(policy, "class_name") == "QuantizedDTypePolicy" && (text(config, "mode") == "int8" || strings.HasPrefix(text(config, "name"), "int8_from_"))
	return f.isInt8
}

// quantized puts in front of a layer's operation what Keras's int8 layers do to
// their inputs: along the last axis numbers become round(x s) / s, where
// s = 127 / (max |x| + epsilon). The layers multiply whole numbers and divide by the
// scales behind; dividing before gives the same but for the last digits.
func (f *fields) quantized(in []nn.Shape, layer stage) []stage {
	epsilon, rounds := f.quantizer()
	if !rounds {
		return []stage{layer}
	}
	last := max(len(first(in))-1, 0)
	layer.reads = []int{5}
	return []stage{
		{suffix: "/abs", op: &nn.Unary{Func: nn.Abs}},
		{suffix: "/largest", op: &nn.Reduce{Func: nn.ReduceMax, Axes: []int{last}, KeepDims: true}},
		{suffix: "/range", op: &nn.Rescale{Scale: []float32{1. / 127}, Offset: []float32{epsilon / 127}}},
		{suffix: "/steps", op: &nn.Binary{Func: nn.Divide}, reads: []int{input(0), 2}},
		{suffix: "/rounded", op: &nn.Unary{Func: nn.Round}},
		{suffix: "/quantized", op: &nn.Multiply{}, reads: []int{4, 2}},
		layer,
	}
}

// quantizer reads how inputs are rounded; false: they are not, but the weights
// alone.
func (f *fields) quantizer() (epsilon float32, rounds bool) {
	const usual = 1e-7 // keras.config.epsilon()
	if !f.has("quantization_config") {
		return usual, true
	}
	quantization, _ := f.config["quantization_config"].(object)
	config, _ := quantization["config"].(object)
	quantizer, _ := config["activation_quantizer"].(object)
	if quantizer == nil {
		return usual, false
	}
	inner, _ := quantizer["config"].(object)
	high, isPair := asPair(inner["value_range"])
	epsilon, hasEpsilon := asFloat(inner["epsilon"])
	if text(quantizer, "class_name") != "AbsMaxQuantizer" || !isPair || high != [2]int{-127, 127} || !hasEpsilon || epsilon < 0 {
		f.refuse("quantization_config", quantizer)
	}
	return epsilon, true
}

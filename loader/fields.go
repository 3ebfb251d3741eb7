package loader

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// fields reads the config of one layer. Each read marks its field; done refuses
// those that nobody read, so that a setting which changes the result is never
// passed over. The first error is kept and later reads return zeros.
type fields struct {
	config      object
	isWhole     bool   // an input of whole numbers
	isQuantized bool   // the layer is quantized, and computed so
	short       string // the type in which Keras computes, where it is shorter than float32
	causal      bool   // called with use_causal_mask=True
	shows       bool   // called with return_attention_scores=True
	before3     bool   // the config is one of Keras 1 or 2
	adapters    bool   // the weights of adapters are in the file
	known       map[string]class
	named       []string // the names of the last inputs, which were given by keyword
	depth       int      // of the layer inside of others
	seen        map[string]bool
	err         error
}

func newFields(config object) *fields { return &fields{config: config, seen: map[string]bool{}} }

func (f *fields) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// refuse keeps an error that says that a field has a value which is not
// supported.
func (f *fields) refuse(name string, value any) {
	f.fail(unsupported("%s %s", name, kindOf(value)))
}

func (f *fields) wrong(name, expected string) {
	if v, ok := f.config[name]; ok {
		f.fail(malformed("%s: expected %s, found %s", name, expected, kindOf(v)))
	} else {
		f.fail(malformed("its config has no %q", name))
	}
}

// has reports whether the field is there and not null.
func (f *fields) has(name string) bool {
	f.seen[name] = true
	return f.config[name] != nil
}

// ignore marks fields that do not matter.
func (f *fields) ignore(names ...string) {
	for _, n := range names {
		f.seen[n] = true
	}
}

func (f *fields) int(name string) int {
	f.seen[name] = true
	n, ok := asInt(f.config[name])
	if !ok {
		f.wrong(name, "an integer")
	}
	return n
}

func (f *fields) float(name string) float32 {
	f.seen[name] = true
	x, ok := asFloat(f.config[name])
	if _, number := unwrap(f.config[name]).(json.Number); number && !ok {
		f.fail(unsupported("%s %s, which no float32 holds", name, kindOf(f.config[name])))
	} else if !ok {
		f.wrong(name, "a number")
	}
	return x
}

// floatOr reads a field that older versions of Keras did not write.
func (f *fields) floatOr(name string, absent float32) float32 {
	if !f.has(name) {
		return absent
	}
	return f.float(name)
}

func (f *fields) bool(name string) bool {
	f.seen[name] = true
	b, ok := f.config[name].(bool)
	if !ok {
		f.wrong(name, "true or false")
	}
	return b
}

// boolOr reads a field that older versions of Keras did not write.
func (f *fields) boolOr(name string, absent bool) bool {
	if !f.has(name) {
		return absent
	}
	return f.bool(name)
}

func (f *fields) string(name string) string {
	f.seen[name] = true
	s, ok := f.config[name].(string)
	if !ok {
		f.wrong(name, "a string")
	}
	return s
}

// ints reads a list of integers.
func (f *fields) ints(name string) []int {
	f.seen[name] = true
	ns, ok := asInts(f.config[name])
	if !ok {
		f.wrong(name, "a list of integers")
	}
	return ns
}

// pair reads (height, width), or one integer for both.
func (f *fields) pair(name string) [2]int {
	f.seen[name] = true
	p, ok := asPair(f.config[name])
	if !ok {
		f.wrong(name, "two integers")
	}
	return p
}

// pairOr reads a pair that may be null or absent.
func (f *fields) pairOr(name string, absent [2]int) [2]int {
	if !f.has(name) {
		return absent
	}
	return f.pair(name)
}

// floats reads a number or a list of numbers, perhaps in lists of one: an array
// of shape (1, 1, C).
func (f *fields) floats(name string) []float32 {
	f.seen[name] = true
	if x, ok := asFloat(f.config[name]); ok {
		return []float32{x}
	}
	l, ok := list(f.config[name])
	for len(l) == 1 {
		inner, nested := list(l[0])
		if !nested {
			break
		}
		l = inner
	}
	if len(l) > 0 {
		if _, nested := list(l[0]); nested {
			f.fail(unsupported("%s: an array of several axes", name))
			return nil
		}
	}
	out := make([]float32, len(l))
	for i := range l {
		var good bool
		out[i], good = asFloat(l[i])
		ok = ok && good
	}
	if !ok || len(l) == 0 {
		f.wrong(name, "a number or a list of numbers")
		return nil
	}
	return out
}

// flat reads a number, or the numbers of an array of any axes, one after the other.
func (f *fields) flat(name string) []float32 {
	f.seen[name] = true
	var out []float32
	ok := true
	var add func(v any, depth int)
	add = func(v any, depth int) {
		if x, isNumber := asFloat(v); isNumber {
			out = append(out, x)
			return
		}
		l, isList := list(v)
		ok = ok && isList && depth < nn.MaxRank
		for i := range l {
			if !ok {
				return
			}
			add(l[i], depth+1)
		}
	}
	if add(f.config[name], 0); !ok {
		f.wrong(name, "a number or an array of numbers")
	}
	return out
}

// axis reads an axis of a batch, as Keras counts them, and returns that of one
// image: 3 of (N, H, W, C) becomes 2. A list of one axis is one axis.
func (f *fields) axis(name string) int {
	f.seen[name] = true
	v := f.config[name]
	if l, ok := list(v); ok && len(l) == 1 {
		v = l[0]
	}
	a, ok := asInt(v)
	l, several := list(v)
	switch {
	case several && len(l) > 1:
		f.fail(unsupported("%s %s: several axes", name, kindOf(v)))
	case !ok:
		f.wrong(name, "one axis")
	case a == 0:
		f.fail(unsupported("%s 0, the batch", name))
	case a > 0:
		return a - 1
	}
	return a
}

// axes reads an axis or several, as axis does.
func (f *fields) axes(name string) []int {
	f.seen[name] = true
	l, ok := list(f.config[name])
	if !ok {
		return []int{f.axis(name)}
	}
	axes := make([]int, len(l))
	for i := range l {
		a, ok := asInt(l[i])
		switch {
		case !ok:
			f.wrong(name, "axes")
		case a == 0:
			f.fail(unsupported("%s 0, the batch", name))
		case a > 0:
			a--
		}
		axes[i] = a
	}
	if len(axes) == 0 {
		f.wrong(name, "axes")
	}
	return axes
}

// axesBut reads axes of an input, and returns nil for the last one alone.
func (f *fields) axesBut(name string, in []nn.Shape) []int {
	axes := f.axes(name)
	if len(axes) == 1 && (axes[0] == -1 || axes[0] == len(first(in))-1) {
		return nil
	}
	return axes
}

// positive reads a number that must not be below 0.
func (f *fields) positive(name string) float32 {
	x := f.float(name)
	if x < 0 {
		f.refuse(name, f.config[name])
	}
	return x
}

// channelsLast refuses a data format that is not NHWC.
func (f *fields) channelsLast() {
	if f.has("data_format") && f.config["data_format"] != "channels_last" {
		f.fail(advise(unsupported("data_format %s", kindOf(f.config["data_format"])), "build the model with channels last, and give it these weights"))
	}
	if f.has("dim_ordering") && f.config["dim_ordering"] != "tf" { // Keras 1
		f.fail(advise(unsupported("dim_ordering %s", kindOf(f.config["dim_ordering"])), "build the model with channels last, and give it these weights"))
	}
}

// dtypes are the types and policies in which a layer may compute. The
// arithmetic here is float32 whatever they say.
var dtypes = []string{"float16", "float32", "float64", "bfloat16", "mixed_float16", "mixed_bfloat16"}

// shortTypes are those in which Keras computes with fewer digits than float32.
var shortTypes = map[string]string{"float16": "float16", "bfloat16": "bfloat16", "mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}

// wholeTypes are the types of inputs that Keras rounds towards 0.
var wholeTypes = []string{"uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"}

// inputType accepts what an input may be, beyond what layers may.
func (f *fields) inputType() {
	s, ok := f.config["dtype"].(string)
	f.isWhole = ok && slices.Contains(wholeTypes, s)
}

// dtype refuses integer policies, and quantized ones unless quantization has accepted one.
func (f *fields) dtype() {
	if !f.has("dtype") || f.isQuantized || f.isWhole {
		return
	}
	name := f.config["dtype"]
	if policy, ok := name.(object); ok {
		class := text(policy, "class_name")
		if class != "DTypePolicy" && class != "FloatDTypePolicy" && class != "Policy" {
			f.fail(unsupported("dtype policy %s", kindOf(policy["class_name"])))
			return
		}
		config, _ := policy["config"].(object)
		name = config["name"]
	}
	s, ok := name.(string)
	if !ok || !slices.Contains(dtypes, s) {
		f.refuse("dtype", name)
	}
	f.short = shortTypes[s]
}

// training are fields of every layer that say where it stands or how it was
// trained.
var training = []string{
	"name", "trainable", "batch_input_shape", "batch_shape", "input_dtype", "input_dim", "build_input_shape", "init", "momentum", "renorm_momentum", "synchronized",
}

// done returns the first error, or refuses a field that was not read, unless it
// is null or false.
func (f *fields) done() error {
	f.dtype()
	if f.err != nil {
		return f.err
	}
	for _, name := range slices.Sorted(maps.Keys(f.config)) {
		v := f.config[name]
		if v == nil || v == false || f.seen[name] || slices.Contains(training, name) {
			continue
		}
		switch {
		case strings.HasSuffix(name, "_initializer"), strings.HasSuffix(name, "_regularizer"), strings.HasSuffix(name, "_constraint"):
		case strings.HasSuffix(name, "_init"): // Keras 1
		default:
			return unsupported("the field %q (%s), which may change the result", name, kindOf(v))
		}
	}
	return nil
}

func asInt(v any) (int, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return int(i), err == nil && i >= math.MinInt32 && i <= math.MaxInt32
}

func asFloat(v any) (float32, bool) {
	n, ok := unwrap(v).(json.Number)
	if !ok {
		return 0, false
	}
	x, err := n.Float64()
	return float32(x), err == nil && math.Abs(x) <= math.MaxFloat32
}

// asBound is asFloat of a number that may be infinite, as what masks out.
func asBound(v any) (float32, bool) {
	if n, isNumber := unwrap(v).(json.Number); isNumber {
		switch n {
		case "1e999":
			return float32(math.Inf(1)), true
		case "-1e999":
			return float32(math.Inf(-1)), true
		}
	}
	return asFloat(v)
}

func asInts(v any) ([]int, bool) {
	l, ok := list(v)
	out := make([]int, len(l))
	for i := range l {
		var good bool
		out[i], good = asInt(l[i])
		ok = ok && good
	}
	return out, ok
}

func asPair(v any) ([2]int, bool) {
	if n, ok := asInt(v); ok {
		return [2]int{n, n}, true
	}
	ns, ok := asInts(v)
	if !ok || len(ns) != 2 {
		return [2]int{}, false
	}
	return [2]int{ns[0], ns[1]}, true
}

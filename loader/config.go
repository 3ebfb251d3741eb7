package loader

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// Bounds on what a config may ask for. The largest networks of
// keras.applications have some 1,000 layers.
const (
	maxDepth      = 16       // of models nested in models
	maxLayers     = 1 << 14  // in all models together
	maxNamesBytes = 16 << 20 // of the layers' full names together: those in a model of a long name all begin with it
)

// network is a model of a config: the root, or one that is a layer of another.
type network struct {
	name, class     string
	layers          []*layer
	inputs, outputs []ref
	inputNames      []string // of a model whose inputs are a dict; else nil
	outputNames     []string // of a model whose outputs are a dict; else nil
	unordered       bool     // the layers are not in Keras's order
}

// layer is a layer of a config.
type layer struct {
	name       string // as its network knows it
	fullName   string // with the names of the models that it is in: "base/conv1"
	class      string
	config     object
	calls      []call
	nested     *network // of a model, or of a TimeDistributed that has one inside
	before3    bool     // the config is one of Keras 1 or 2
	random     bool     // it would act at random at inference, and was kept from it
	operator   bool     // a function of keras.ops, which Keras does not count among the layers
	padsBySize bool     // see WithPaddingBySize
	adapters   bool     // the weights of adapters are in the file, and not in the kernels
	shared     string   // the identity of an object that the config has in several places; "" for none

	pending *pending // the adjustment of its kernel; nil: none
	short   string   // the type in which Keras computes, where it is shorter than float32

	uses int         // calls made so far, while a graph is assembled
	ops  [][]nn.Op   // by stage: the operations made so far, several where input shapes differ
	vars []*variable // in the order in which Keras stores them

	parts []*layer // layers inside of this one that have weights
	group string   // of a part: see stage
}

// isModelClass reports whether a model of the class is what its layers say.
func isModelClass(class string) bool {
	return class == "Functional" || class == "Model" || class == "Sequential"
}

// parseConfig reads what model.to_json() writes; what says where it is.
func parseConfig(what string, text []byte) (*network, error) {
	root, err := decodeJSON(what, text)
	if err != nil {
		return nil, err
	}
	class, ok := root["class_name"].(string)
	if !ok {
		return nil, malformed("%s: expected a model's class_name, found %s", what, kindOf(root["class_name"]))
	}
	if !isModelClass(class) {
		return nil, advise(unsupported("a model of class %q, which is code: its config does not say what it computes", class), "make it a functional model in Keras")
	}
	// Keras 3 calls an input's shape batch_shape, others batch_input_shape.
	p := &parser{before3: !bytes.Contains(text, []byte(`"batch_shape"`))}
	return p.network(root, "", 0)
}

// parser counts what it reads.
type parser struct {
	layers, names int
	before3       bool
}

// network reads a model whose layers' full names begin with prefix.
func (p *parser) network(entry object, prefix string, depth int) (*network, error) {
	if depth > maxDepth {
		return nil, malformed("models nested more than %d deep", maxDepth)
	}
	n := &network{class: text(entry, "class_name")}
	config, ok := entry["config"].(object)
	if !ok {
		if _, isList := list(entry["config"]); !isList || n.class != "Sequential" {
			return nil, malformed("config: expected an object, found %s", kindOf(entry["config"]))
		}
		config = object{"layers": entry["config"]} // Keras 1 and early 2: a bare list
	}
	n.name = text(config, "name")
	entries, ok := list(config["layers"])
	if !ok || len(entries) == 0 {
		return nil, malformed("config: expected a list of layers, found %s", kindOf(config["layers"]))
	}
	if p.layers += len(entries); p.layers > maxLayers {
		return nil, advise(unsupported("a model of more than %d layers", maxLayers), rightFile)
	}
	for _, e := range entries {
		l, err := p.layer(e, prefix, depth)
		if err != nil {
			return nil, err
		}
		n.layers = append(n.layers, l)
	}
	if n.class == "Sequential" {
		return n, n.chain(config, entry)
	}
	for _, end := range []struct {
		field string
		refs  *[]ref
		names *[]string
	}{{"input_layers", &n.inputs, &n.inputNames}, {"output_layers", &n.outputs, &n.outputNames}} {
		if err := parseEnds(config[end.field], "", 0, end.refs, end.names); err != nil {
			return nil, fmt.Errorf("%s: %w", end.field, err)
		}
	}
	return n, n.resolve()
}

func (p *parser) layer(v any, prefix string, depth int) (*layer, error) {
	entry, ok := v.(object)
	if !ok {
		return nil, malformed("layer: expected an object, found %s", kindOf(v))
	}
	l := &layer{name: text(entry, "name"), class: text(entry, "class_name"), before3: p.before3}
	l.config, _ = entry["config"].(object)
	if name := text(l.config, "name"); name != "" {
		l.name = name
	}
	if l.name == "" {
		return nil, malformed("a layer of class %q has no name", l.class)
	}
	if l.class == "" {
		return nil, malformed("layer %q: expected a class_name, found %s", l.name, kindOf(entry["class_name"]))
	}
	if p.names += len(prefix) + len(l.name); p.names > maxNamesBytes {
		return nil, advise(unsupported("names of layers of more than %d bytes in all", maxNamesBytes), "give the layers shorter names")
	}
	l.fullName = prefix + l.name
	if err := p.fill(l, entry, depth); err != nil {
		return nil, layerError(l.class, l.fullName, err)
	}
	return l, nil
}

// fill reads what is behind a layer's name.
func (p *parser) fill(l *layer, entry object, depth int) (err error) {
	if err := l.checkOrigin(entry); err != nil {
		return err
	}
	if id := entry["shared_object_id"]; id != nil {
		l.shared = l.class + " " + kindOf(id)
	}
	if isModelClass(l.class) {
		if l.nested, err = p.network(entry, l.fullName+"/", depth+1); err != nil {
			return err
		}
	} else if l.config == nil {
		return malformed("config: expected an object, found %s", kindOf(entry["config"]))
	} else if inner, times := l.timed(); times > 0 {
		if l.nested, err = p.network(inner, l.fullName+"/", depth+1); err != nil {
			return err
		}
	}
	l.calls, err = parseCalls(entry["inbound_nodes"], l.operator)
	return err
}

// unwrapped returns the class of the layer, or of that inside of TimeDistributed layers,
// with its entry, and inside of how many it is: one may be inside of another.
func (l *layer) unwrapped() (class string, entry object, depth int) {
	class, config := l.class, l.config
	for class == "TimeDistributed" && depth < maxDepth {
		entry, _ = config["layer"].(object)
		class = text(entry, "class_name")
		config, _ = entry["config"].(object)
		depth++
	}
	return class, entry, depth
}

// timed returns the model that the layer applies to each position of its first axes,
// and of how many of them. 0: it does not.
func (l *layer) timed() (model object, axes int) {
	class, model, axes := l.unwrapped()
	if !isModelClass(class) || axes == 0 {
		return nil, 0
	}
	return model, axes
}

// wrappers returns how many layers a model is inside of.
func (l *layer) wrappers() int {
	_, axes := l.timed()
	return axes
}

// registeredByKeras are classes of keras.applications that are registered as
// users' classes are.
var registeredByKeras = map[string]string{"Custom>CustomScaleLayer": "CustomScaleLayer", "Custom>LayerScale": "LayerScale"}

// exported are names of classes in .keras files that are not those of the classes.
var exported = map[string]string{"GroupQueryAttention": "GroupedQueryAttention"}

// checkOrigin refuses classes that are not Keras's own though they may be
// named like one of its, and marks the functions of keras.ops.
func (l *layer) checkOrigin(entry object) error {
	registered := text(entry, "registered_name")
	for _, names := range []map[string]string{registeredByKeras, exported} {
		if own, ok := names[l.class]; ok {
			l.class = own
		}
	}
	if _, ok := registeredByKeras[registered]; !ok && strings.Contains(registered, ">") {
		return advise(unsupported("a layer class of the user, %s, whose code is not in the file", registered), ownCode)
	}
	module := text(entry, "module")
	top, _, _ := strings.Cut(module, ".")
	switch top {
	case "", "keras", "tf_keras", "tensorflow":
	default:
		return advise(unsupported("a layer class of the module %s, whose code is not in the file", module), ownCode)
	}
	l.operator = strings.Contains(module, ".ops.") || isOperatorClass(l.class) || module == "" && l.looksLikeOperator(entry["inbound_nodes"])
	return nil
}

// chain connects the layers of a Sequential model one after the other.
func (n *network) chain(config, entry object) error {
	if n.layers[0].class != "InputLayer" {
		n.layers = append([]*layer{n.impliedInput(config, entry)}, n.layers...)
	}
	for i, l := range n.layers {
		l.calls = nil
		if i > 0 {
			l.calls = []call{{inputs: []ref{{layer: n.layers[i-1].name}}}}
		}
	}
	n.inputs = []ref{{layer: n.layers[0].name}}
	n.outputs = []ref{{layer: n.layers[len(n.layers)-1].name}}
	return n.resolve()
}

// impliedInput returns the input of a Sequential model that lists none: its
// shape is in the first layer's config, or where the model was built.
func (n *network) impliedInput(config, entry object) *layer {
	first := n.layers[0]
	build, _ := entry["build_config"].(object)
	shape := inputShape(first.config)
	nested := first.nested
	if first.wrappers() > 0 {
		nested = nil
	}
	for _, other := range []any{nested.inputShape(), config["build_input_shape"], build["input_shape"]} {
		if shape == nil {
			shape = other
		}
	}
	name := first.name + "_input"
	return &layer{
		name: name, fullName: strings.TrimSuffix(first.fullName, first.name) + name, class: "InputLayer",
		config: object{"batch_shape": shape, "dtype": "float32"},
	}
}

// inputShape returns the shape of the only input of a nested model.
func (n *network) inputShape() any {
	if n == nil || len(n.inputs) != 1 {
		return nil
	}
	return inputShape(n.layers[n.inputs[0].index].config)
}

// inputShape returns the shape, with the batch axis, that a config gives.
func inputShape(config object) any {
	if shape, ok := config["batch_shape"]; ok { // Keras 3
		return shape
	}
	return config["batch_input_shape"]
}

// resolve finds the layers that refs name, and checks every ref.
func (n *network) resolve() error {
	index := map[string]int{}
	for i, l := range n.layers {
		if _, ok := index[l.name]; ok {
			return malformed("two layers are named %q", l.fullName)
		}
		index[l.name] = i
		if (l.class == "InputLayer") != (len(l.calls) == 0) {
			return layerError(l.class, l.fullName, malformed("called %d times", len(l.calls)))
		}
	}
	if len(n.inputs) == 0 || len(n.outputs) == 0 {
		return malformed("model %q: %d inputs and %d outputs", n.name, len(n.inputs), len(n.outputs))
	}
	highest := make([]int, len(n.layers))
	err := n.eachRef(func(r *ref, _ bool) error {
		i, ok := index[r.layer]
		if !ok {
			return malformed("reads the layer %q, which does not exist", r.layer)
		}
		r.index = i
		highest[i] = max(highest[i], r.call)
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range n.inputs {
		if n.layers[r.index].class != "InputLayer" {
			return malformed("model %q: the input %q is not an InputLayer", n.name, r.layer)
		}
	}
	keras3 := slices.ContainsFunc(n.layers, func(l *layer) bool {
		return slices.ContainsFunc(l.calls, func(c call) bool { return c.keras3 })
	})
	return n.eachRef(func(r *ref, end bool) error {
		l := n.layers[r.index]
		calls := max(len(l.calls), 1)
		switch {
		case l.nested == nil:
		case !keras3:
			// Keras 2 counts the call that made a nested model as its first.
			r.call -= max(0, highest[r.index]+1-calls)
		case end && l.class != "Sequential" && l.wrappers() == 0 && (calls > 1 || r.call > 0):
			// Keras 3 still does where the model ends, and nowhere else.
			r.call--
		}
		if r.call < 0 || r.call >= calls {
			return malformed("reads call %d of the layer %q, which has %d", r.call, l.fullName, calls)
		}
		return nil
	})
}

// endNames returns what Keras calls the model's inputs and outputs: the keys of a
// dict, or the names of the layers, even where a model is the layer.
func (n *network) endNames() (inputs, outputs []string) {
	for i, r := range n.inputs {
		inputs = append(inputs, nameOr(n.inputNames, i, r.layer))
	}
	for i, r := range n.outputs {
		outputs = append(outputs, unlike(outputs, nameOr(n.outputNames, i, r.layer)))
	}
	return inputs, outputs
}

// unlike returns a name that is none of names: of several outputs of one layer, the
// second is NAME_1, as Keras 2 calls it.
func unlike(names []string, name string) string {
	other := name
	for i := 1; slices.Contains(names, other); i++ {
		other = fmt.Sprintf("%s_%d", name, i)
	}
	return other
}

func nameOr(names []string, i int, absent string) string {
	if i < len(names) && names[i] != "" {
		return names[i]
	}
	return absent
}

// eachRef visits every ref of the network once; end: of its inputs and outputs.
func (n *network) eachRef(visit func(r *ref, end bool) error) error {
	for _, ends := range [][]ref{n.inputs, n.outputs} {
		for i := range ends {
			if err := visit(&ends[i], true); err != nil {
				return fmt.Errorf("model %q: %w", n.name, err)
			}
		}
	}
	for _, l := range n.layers {
		for _, c := range l.calls {
			for i := range c.inputs {
				if err := visit(&c.inputs[i], false); err != nil {
					return layerError(l.class, l.fullName, err)
				}
			}
		}
	}
	return nil
}

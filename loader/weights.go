package loader

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/loader/hdf5"
	"github.com/vkeras/vkeras/loader/tensorbundle"
	"github.com/vkeras/vkeras/loader/tfjs"
	"github.com/vkeras/vkeras/nn"
)

// variable is one weight of a layer.
type variable struct {
	role   string        // Keras's name of it: "kernel", "moving_mean"
	shape  nn.Shape      // in the file
	inside nn.Shape      // in the operation: as many elements
	values []**nn.Tensor // where it goes: several where the layer's calls differ
	defers bool          // it may be left in the file
	whole  bool          // it is stored as whole numbers
	packed bool          // it is stored in fewer elements, of which an adjustment makes others
	legacy bool          // only Keras's older .h5 files have it
}

// addVariables notes the weights of a node that the layer became.
func (l *layer) addVariables(node *nn.Node, s stage) error {
	params := node.Params()
	if len(params) == 0 {
		return nil
	}
	for _, p := range s.parts {
		l = l.partOf(p)
	}
	for _, p := range params {
		shape := p.Shape
		if s.saved != nil {
			shape = s.saved(p.Role, shape)
		}
		role := p.Role
		if (role == "kernel" || role == "gamma") && s.kernel != "" {
			role = s.kernel
		}
		defers := p.Role == "kernel" && nn.MayDefer(node.Op) && p.Shape.Len() >= leastDeferred
		i := slices.IndexFunc(l.vars, func(v *variable) bool { return v.role == role })
		if i < 0 {
			at := len(l.vars)
			if l.pending != nil && role == "bias" { // which Keras stores before what adjusts the kernel
				at = 1 + slices.IndexFunc(l.vars, func(v *variable) bool { return v.role == "kernel" })
			}
			l.vars = slices.Insert(l.vars, at, &variable{role: role, shape: shape, inside: p.Shape, values: []**nn.Tensor{p.Value}, defers: defers})
			continue
		}
		v := l.vars[i]
		if !v.shape.Equal(shape) || !v.inside.Equal(p.Shape) {
			return malformed("%s has shape %v in one call, %v in another", role, v.shape, shape)
		}
		if !v.packed && !slices.Contains(v.values, p.Value) {
			v.values = append(v.values, p.Value)
			v.defers = v.defers && defers
		}
	}
	if s.adjust != nil {
		i := slices.IndexFunc(l.vars, func(v *variable) bool { return v.role == "kernel" })
		l.adjust(s.adjust, l.vars[i])
	}
	if i := slices.IndexFunc(l.vars, func(v *variable) bool { return v.role == "bias" }); i >= 0 && l.pending != nil {
		l.pending.bias = l.vars[i].values[0]
	}
	return nil
}

// partOf returns the layer inside of this one.
func (l *layer) partOf(p part) *layer {
	i := slices.IndexFunc(l.parts, func(inner *layer) bool { return inner.name == p.name && inner.group == p.group })
	if i < 0 {
		i = len(l.parts)
		class, config := l.class, l.config
		if p.own != nil {
			class = text(p.own, "class_name")
			config, _ = p.own["config"].(object)
		}
		l.parts = append(l.parts, &layer{name: p.name, fullName: l.fullName + "/" + p.name, class: class, config: config, group: p.group})
	}
	return l.parts[i]
}

// ofGraph lists the layers of a graph that was not made from a config.
func ofGraph(g *nn.Graph) (*network, error) {
	n := &network{name: g.Name, unordered: true}
	for _, gl := range g.Layers() {
		l := &layer{name: gl.Name, fullName: gl.Name, class: gl.Class}
		if gl.Call > 0 {
			continue // the weights are those of the first call
		}
		for _, node := range gl.Nodes {
			if err := l.addVariables(node, stage{}); err != nil {
				return nil, layerError(l.class, l.fullName, err)
			}
		}
		n.layers = append(n.layers, l)
	}
	return n, nil
}

// mergeShared makes the variables of layers that are one object in Keras those
// of the first of them, which the others then lack. The layers that were met are
// in first, by their identity.
func (n *network) mergeShared(first map[string]*layer) error {
	for _, l := range n.layers {
		if err := l.mergeShared(first); err != nil {
			return err
		}
	}
	return nil
}

func (l *layer) mergeShared(first map[string]*layer) error {
	if l.shared != "" {
		if same, ok := first[l.shared]; ok {
			return l.mergeInto(same)
		}
		first[l.shared] = l
	}
	if l.nested == nil {
		return nil
	}
	return l.nested.mergeShared(first)
}

func (l *layer) mergeInto(same *layer) error {
	agree := l.class == same.class && len(l.vars) == len(same.vars) && len(l.parts) == len(same.parts) && (l.nested == nil) == (same.nested == nil)
	if agree = agree && l.sameWeights(same); agree {
		l.mergeWeights(same)
	}
	agree = agree && (l.nested == nil || len(l.nested.layers) == len(same.nested.layers))
	if !agree {
		return layerError(l.class, l.fullName, malformed("it shares its weights with %s %q, which has others", same.class, same.fullName))
	}
	for i, inner := range l.parts {
		if err := inner.mergeInto(same.parts[i]); err != nil {
			return err
		}
	}
	if l.nested == nil {
		return nil
	}
	for i, inner := range l.nested.layers {
		if err := inner.mergeInto(same.nested.layers[i]); err != nil {
			return err
		}
	}
	return nil
}

// sameWeights reports whether another layer has weights like the layer's.
func (l *layer) sameWeights(other *layer) bool {
	return slices.EqualFunc(l.vars, other.vars, func(v, w *variable) bool { return v.role == w.role && v.shape.Equal(w.shape) })
}

// mergeWeights makes the layer's variables those of another, which are like them.
func (l *layer) mergeWeights(same *layer) {
	for i, v := range l.vars {
		same.vars[i].values = append(same.vars[i].values, v.values...)
		same.vars[i].defers = same.vars[i].defers && v.defers
	}
	l.vars = nil
}

// mergeAlike makes the variables of layers inside of a TimeDistributed, which has no
// name for what it shares, those of the layer of the same name with the same weights
// that is called elsewhere; false: there is none.
func (n *network) mergeAlike() bool {
	type leaf struct {
		layer *layer
		timed bool
	}
	first, merged := map[string]leaf{}, false
	n.eachLeaf("", false, func(id string, timed bool, l *layer) {
		if len(l.vars) == 0 {
			return
		}
		if same, ok := first[id]; ok && (timed || same.timed) && l.sameWeights(same.layer) {
			l.mergeWeights(same.layer)
			merged = true
			return
		}
		first[id] = leaf{l, timed}
	})
	return merged
}

// eachLeaf visits the layers that are not models, and those inside of them, with
// their names behind those of the models that they are in, whatever wraps these.
func (n *network) eachLeaf(prefix string, timed bool, visit func(id string, timed bool, l *layer)) {
	for _, l := range n.layers {
		inside := timed || l.class == "TimeDistributed"
		if l.nested != nil {
			l.nested.eachLeaf(prefix+l.nested.name+"/", inside, visit)
			continue
		}
		for _, leaf := range l.leaves(nil) {
			visit(prefix+leaf.name, inside, leaf)
		}
	}
}

// hasVariables reports whether any layer of the network has weights.
func (n *network) hasVariables() bool {
	return slices.ContainsFunc(n.layers, (*layer).hasVariables)
}

func (l *layer) hasVariables() bool {
	return len(l.vars) > 0 || l.nested != nil && l.nested.hasVariables() || slices.ContainsFunc(l.parts, (*layer).hasVariables)
}

// dataset is an array of numbers in a file, of whichever format.
type dataset interface {
	Shape() []int
	// ReadFloat32 reads all elements in row-major order. It may be called from
	// several goroutines.
	ReadFloat32(dst []float32) error
}

// binding is a dataset and the variable whose values it holds.
type binding struct {
	layer    *layer
	variable *variable
	dataset  dataset
}

// mismatch collects what keeps a file's weights from being the model's.
type mismatch struct{ missing, unexpected, shapes, other []string }

func (m *mismatch) miss(l *layer) {
	m.missing = append(m.missing, fmt.Sprintf("%s %q", l.class, l.fullName))
}

func (m *mismatch) err() error {
	var parts []string
	for _, p := range []struct {
		what  string
		items []string
	}{
		{"other shapes: ", m.shapes},
		{"not in the file: ", m.missing},
		{"only in the file: ", m.unexpected},
		{"", m.other},
	} {
		if len(p.items) > 0 {
			parts = append(parts, p.what+few(p.items, ", "))
		}
	}
	if parts == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrWeights, strings.Join(parts, "; "))
}

// checkShapes compares the datasets' shapes with the variables'.
func (m *mismatch) checkShapes(bindings []binding) {
	for _, b := range bindings {
		if found := nn.Shape(b.dataset.Shape()); !found.Equal(b.variable.shape) {
			m.shapes = append(m.shapes, fmt.Sprintf("%s %q: %s: expected %v, found %v", b.layer.class, b.layer.fullName, b.variable.role, b.variable.shape, found))
		}
	}
}

// maxWeightBytes bounds the weights of a file of that many bytes, as float32:
// those of a file of float16 have twice its size, those that are compressed a
// little more, while a file of few bytes may claim a thousand times its size.
func maxWeightBytes(file int64) int64 { return 3*file + 192<<20 }

// leastDeferred is the size in elements from which on a kernel may be left in
// the file: below, nothing is gained.
const leastDeferred = 16 << 10

// checkRoom refuses weights that are not floats, or more than there is room for.
// The shapes have been compared.
func (c *container) checkRoom(bindings []binding) error {
	left := c.room / 4
	for _, b := range bindings {
		if err := b.checkType(); err != nil {
			return layerError(b.layer.class, b.layer.fullName, fmt.Errorf("%s: %w", b.variable.role, err))
		}
		n, err := b.variable.shape.Elements()
		if err != nil || int64(n) > left {
			return layerError(b.layer.class, b.layer.fullName, malformed("%s of shape %v: with those before it, too much for a file of %d bytes", b.variable.role, b.variable.shape, c.size))
		}
		left -= int64(n)
	}
	return nil
}

// readAll reads every dataset into its variable, once, and names those that are
// not finite. If weights are deferred, it leaves large kernels for later.
func (o *options) readAll(bindings []binding) (notFinite []string, err error) {
	found := make([]string, len(bindings))
	var telling sync.Mutex
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, b := range bindings {
		group.Go(func() error {
			if ctx.Err() != nil {
				return nil
			}
			var t *nn.Tensor
			if o.defers && b.variable.defers {
				t = b.deferred(func(weights string) {
					telling.Lock()
					defer telling.Unlock()
					o.notFinite(weights)
				})
			} else {
				shape := b.variable.inside
				if b.variable.packed {
					shape = b.variable.shape
				}
				t = nn.NewTensor(shape...)
				if err := b.read(t.Data); err != nil {
					return err
				}
				found[i] = b.notFinite(t.Data)
			}
			for _, value := range b.variable.values {
				*value = t
			}
			return nil
		})
	}
	err = group.Wait()
	return slices.DeleteFunc(found, func(s string) bool { return s == "" }), err
}

// deferred returns the dataset's values, to be read when they are needed.
func (b binding) deferred(tell func(weights string)) *nn.Tensor {
	var once sync.Once
	checked := func(dst []float32, err error) error {
		if err != nil {
			return printable(err)
		}
		if !finite(dst) {
			once.Do(func() { // what is told is of all of them
				all := make([]float32, b.variable.inside.Len())
				if b.read(all) == nil {
					tell(b.notFinite(all))
				}
			})
		}
		return nil
	}
	var begin func() func(dst []float32, from int) error
	if d, ok := b.dataset.(*hdf5.Dataset); ok {
		begin = d.Parts()
	}
	if begin == nil {
		return nn.Deferred(b.variable.inside, func(dst []float32) error { return checked(dst, b.read(dst)) })
	}
	return nn.DeferredInParts(b.variable.inside, func() func(dst []float32, from int) error {
		read := begin()
		return func(dst []float32, from int) error { return checked(dst, b.failed(read(dst, from))) }
	})
}

// read reads the dataset.
func (b binding) read(dst []float32) error {
	read := b.dataset.ReadFloat32
	if d, ok := b.dataset.(*hdf5.Dataset); ok && isBfloat16(d) {
		read = d.ReadBfloat16
	}
	return b.failed(read(dst))
}

// failed names the layer and the weights that an error of reading is about, if it is
// one.
func (b binding) failed(err error) error {
	if err == nil {
		return nil
	}
	return layerError(b.layer.class, b.layer.fullName, fmt.Errorf("%s: %w", b.variable.role, formatError(err)))
}

// checkType refuses weights of another type than their layer has.
func (b binding) checkType() error {
	switch d := b.dataset.(type) {
	case *hdf5.Dataset:
		return checkHDF5Type(d, b.variable.whole)
	case *tensorbundle.Tensor:
		switch t := d.Type(); t {
		case tensorbundle.Float16, tensorbundle.Float32, tensorbundle.Float64, tensorbundle.BFloat16:
		default:
			return advise(unsupported("weights of type %v (%s)", t, d.Name()), "save the model as float32")
		}
	case *tfjs.Array:
		if !d.Float() {
			return advise(unsupported("weights that are no floats (%s)", d.Name()), "save the model as float32")
		}
	}
	return nil
}

func checkHDF5Type(d *hdf5.Dataset, whole bool) error {
	switch t := d.Type().String(); {
	case whole && t == "int8":
		return nil
	case !whole && (t == "float16" || t == "float32" || t == "float64" || isBfloat16(d)):
		return nil
	default:
		return advise(unsupported("weights of type %s (%s)", t, d.Path()), "save the model as float32")
	}
}

// isBfloat16 reports whether numbers are bfloat16, which HDF5 does not know: Keras
// stores two opaque bytes, and in its newer files an attribute that says so.
func isBfloat16(d *hdf5.Dataset) bool {
	if d.Type().String() != "opaque[2]" {
		return false
	}
	a, err := d.Attr("dtype")
	if err != nil {
		return errors.Is(err, hdf5.ErrNotFound)
	}
	s, err := a.Text()
	return err == nil && s == "bfloat16"
}

// notFinite names the weights if not all values are finite, and says how many
// are not: such a file is sound, and what its network answers is not.
func (b binding) notFinite(values []float32) string {
	if finite(values) {
		return ""
	}
	nans, infinities := 0, 0
	for _, x := range values {
		if x != x {
			nans++
		} else if x-x != 0 {
			infinities++
		}
	}
	return fmt.Sprintf("%s %q: %s of shape %v: %d NaN, %d infinite", b.layer.class, b.layer.fullName, b.variable.role, b.variable.shape, nans, infinities)
}

// finite reports whether no value is infinite or NaN: whether no exponent is all
// ones, at two values a look, since every weight of a model passes here.
func finite(values []float32) bool {
	const exponent, carry, sign = 0x7f800000_7f800000, 0x00800000_00800000, 0x80000000_80000000
	if len(values) < 2 {
		return len(values) == 0 || values[0]-values[0] == 0
	}
	pairs := unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(values))), len(values)/2)
	var even, odd uint64
	for ; len(pairs) >= 4; pairs = pairs[4:] {
		even |= pairs[0]&exponent + carry
		odd |= pairs[1]&exponent + carry
		even |= pairs[2]&exponent + carry
		odd |= pairs[3]&exponent + carry
	}
	for _, pair := range pairs {
		even |= pair&exponent + carry
	}
	if len(values)%2 != 0 {
		last := values[len(values)-1]
		return (even|odd)&sign == 0 && last-last == 0
	}
	return (even|odd)&sign == 0
}

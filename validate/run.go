package validate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// Options say what to validate.
type Options struct {
	Graph  *nn.Graph
	Inputs []*nn.Tensor // one an input of the graph: batches of one size, NHWC
	Device *gpu.Device  // nil: the processor, by package cpu

	Judge     Judge             // nil: Reference
	Planned   bool              // the planned program in place of one plain kernel a layer
	Kernel    string            // force this kernel wherever it can compute the layer
	SPIRV     map[string][]byte // code in place of kernels' own, by the kernel's name
	Passes    *plan.Options     // of the planned program; nil: those that pay on the device
	Precision Precision         // "": FP32, or that of Kernel
	Tolerance *Tolerance        // in place of each layer's own

	// Progress, if given, is told how many layers of a phase are done: "reference",
	// where that judges; "in place"; "alone"; "again".
	Progress func(phase string, done, total int)
}

// progress returns what counts the layers of a phase.
func (o *Options) progress(phase string, total int) func() {
	done := 0
	return func() {
		done++
		if o.Progress != nil {
			o.Progress(phase, done, total)
		}
	}
}

// Run validates every layer of a network. That layers are wrong is no error: the
// report says it. A kernel that was forced or replaced and that no layer runs is
// one: ErrNotRun.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Graph == nil {
		return nil, errors.New("validate: a graph is needed")
	}
	if o.Device == nil && (o.Kernel != "" || len(o.SPIRV) > 0) {
		return nil, errors.New("validate: kernels are forced and replaced on Vulkan devices alone")
	}
	batch, err := o.Graph.CheckInputs(o.Inputs)
	if err != nil {
		return nil, err
	}
	if o.Judge == nil {
		o.Judge = Reference{}
	}
	if o.Precision == "" {
		o.Precision = FP32
		if k, ok := shaders.Named(o.Kernel); ok {
			o.Precision = k.Precision
		}
	}
	r := &run{Options: o, batch: batch, values: make([]*nn.Tensor, len(o.Graph.Nodes))}
	judge := o.Judge.Judge
	if truth, ok := o.Judge.(Reference); ok {
		step := o.progress(truth.String(), len(o.Graph.Nodes))
		judge = func(ctx context.Context, g *nn.Graph, in []*nn.Tensor) ([]Right, error) {
			return truth.judge(ctx, g, in, step)
		}
	}
	if r.rights, err = judge(ctx, o.Graph, o.Inputs); err != nil {
		return nil, fmt.Errorf("judge %s: %w", o.Judge, err)
	}
	for i, n := range o.Graph.Nodes {
		if r.values[i] = r.rights[i].Tensor; r.values[i] == nil {
			return nil, fmt.Errorf("judge %s: nothing for %s %q", o.Judge, n.Class, n.Name)
		}
	}
	r.drift = drifts(o.Precision, o.Graph, r.values)
	return r.report(ctx)
}

// run is one validation under way.
type run struct {
	Options
	batch  int
	rights []Right      // by node
	values []*nn.Tensor // the same, bare
	drift  []budget     // by node

	suspectMACs int64 // computed in search of suspects
}

func (r *run) report(ctx context.Context) (*Report, error) {
	device, driver := r.about()
	report := &Report{
		Model: r.Graph.Name, Device: device, Driver: driver, Judge: r.Judge.String(), Precision: r.Precision,
		Planned: r.Planned, Kernel: r.Kernel, Replaced: slices.Sorted(maps.Keys(r.SPIRV)), Batch: r.batch,
	}
	if a, ok := r.Judge.(Arrays); ok {
		report.Unknown = a.unknown(r.Graph)
	}
	var stepped []*Layer
	err := r.loaded(false, func(net subject) error {
		if err := r.checkKernels(net); err != nil {
			return err
		}
		layers := r.layers(net)
		report.Layers = inOrder(net.Program(), layers)
		if err := r.cumulative(ctx, net, layers); err != nil {
			return err
		}
		var err error
		stepped, err = r.isolated(ctx, net, layers)
		return err
	})
	if err == nil {
		err = r.again(ctx, stepped)
	}
	if err != nil {
		return nil, err
	}
	report.count()
	return report, nil
}

// subject is a net whose tensors can be seen: on a Vulkan device or on the
// processor.
type subject interface {
	Program() *plan.Program
	Kernels(*plan.Step) []string
	Observe(ctx context.Context, in []*nn.Tensor, observe func(*plan.Value, *nn.Tensor) error) error
	Isolate(ctx context.Context, batch int, feed func(*plan.Value) (*nn.Tensor, error), observe func(*plan.Step, *nn.Tensor) error) error
}

// about names what is validated, and its driver.
func (r *run) about() (device, driver string) {
	if r.Device == nil {
		return cpu.Host().String(), "native"
	}
	info := r.Device.Info()
	return info.String(), info.Driver
}

// loaded puts the network on the device for as long as use takes.
func (r *run) loaded(stir bool, use func(subject) error) error {
	if r.Device == nil {
		net, err := cpu.Load(r.Graph, cpu.Options{Batch: r.batch, LayerByLayer: !r.Planned, Passes: r.Passes, Keep: true, Precision: r.Precision})
		if err != nil {
			return err
		}
		return errors.Join(use(net), net.Close())
	}
	net, err := gpu.Load(r.Device, r.Graph, gpu.Options{Batch: r.batch, LayerByLayer: !r.Planned, Passes: r.Passes, Keep: true, Stir: stir, Precision: r.Precision, Kernel: r.Kernel, SPIRV: r.SPIRV})
	if err != nil {
		return err
	}
	return errors.Join(use(net), net.Close())
}

// checkKernels returns an error unless every kernel that was asked for runs.
func (r *run) checkKernels(net subject) error {
	ran := map[string]bool{}
	for _, s := range net.Program().Steps {
		for _, k := range net.Kernels(s) {
			ran[k] = true
		}
	}
	device, _ := r.about()
	asked := slices.Sorted(maps.Keys(r.SPIRV))
	if r.Kernel != "" {
		asked = append(asked, r.Kernel)
	}
	for _, k := range asked {
		if !ran[k] {
			return fmt.Errorf("%w %s in %s on %s; those that run are %v", ErrNotRun, k, r.Graph.Name, device, slices.Sorted(maps.Keys(ran)))
		}
	}
	return nil
}

// layers returns the entries to be filled in, by the value that is compared: all
// but the inputs.
func (r *run) layers(net subject) map[*plan.Value]*Layer {
	p, layers := net.Program(), map[*plan.Value]*Layer{}
	for _, v := range p.Values {
		n := v.Node
		l := &Layer{Name: n.Name, Class: n.Class, Kind: n.Op.Kind(), Block: n.Block, Nodes: []string{n.Name}, Kernels: []string{}, Shape: v.Shape, held: held(v.Held)}
		if by := r.rights[n.Index].By; by.String() != r.Judge.String() {
			l.Judge = by.String()
		}
		layers[v] = l
	}
	for _, s := range p.Steps {
		for _, part := range s.Parts() {
			l := layers[part.Out]
			l.Name, l.Kind, l.Kernels, l.Nodes = part.Name, part.Op.Kind(), net.Kernels(s), nil
			for _, n := range part.Nodes {
				l.Nodes = append(l.Nodes, n.Name)
			}
		}
	}
	for _, v := range p.Inputs {
		delete(layers, v)
	}
	return layers
}

// inOrder returns the layers as the device runs them; those that only rename
// another's elements come behind that one.
func inOrder(p *plan.Program, layers map[*plan.Value]*Layer) []*Layer {
	ordered := []*Layer{}
	roots := slices.Clone(p.Inputs)
	for _, s := range p.Steps {
		for _, part := range s.Parts() {
			roots = append(roots, part.Out)
		}
	}
	for _, root := range roots {
		for _, v := range p.Values {
			if l := layers[v]; l != nil && v.Root() == root {
				ordered = append(ordered, l)
			}
		}
	}
	return ordered
}

// cumulative compares everything after one run of the whole program.
func (r *run) cumulative(ctx context.Context, net subject, layers map[*plan.Value]*Layer) error {
	step := r.progress("in place", len(net.Program().Values))
	return net.Observe(ctx, r.Inputs, func(v *plan.Value, got *nn.Tensor) error {
		defer step()
		l := layers[v]
		if l == nil {
			return nil
		}
		t, basis := r.drift[v.Node.Index].tolerance(), fmt.Sprintf("%s, the roundings of all layers up to here carried through the graph, times %d", r.Precision, systematic)
		var err error
		l.Cumulative, err = r.check(l, got, v, t, basis)
		return err
	})
}

// isolated compares each step's result on the judge's inputs. It returns the
// layers by their place in the program.
func (r *run) isolated(ctx context.Context, net subject, layers map[*plan.Value]*Layer) ([]*Layer, error) {
	var stepped []*Layer
	step := r.progress("alone", outputs(net.Program()))
	err := net.Isolate(ctx, r.batch, r.feed, func(s *plan.Step, got *nn.Tensor) error {
		defer step()
		l := layers[s.Out]
		stepped = append(stepped, l)
		t, basis := ToleranceOf(r.Precision, judged(computes(s), r.rights), r.values)
		var err error
		l.Isolated, err = r.check(l, got, s.Out, t, basis)
		l.got, l.want = got, r.right(s.Out)
		return err
	})
	return stepped, err
}

// outputs counts what the steps of a program make: two of a merged one.
func outputs(p *plan.Program) int {
	count := 0
	for _, s := range p.Steps {
		count += len(s.Parts())
	}
	return count
}

// computes returns the nodes that a step computes: none where it is a copy of
// some positions that the planner put in.
func computes(s *plan.Step) []*nn.Node {
	if s.Copies {
		return nil
	}
	return s.Nodes
}

// judged returns the nodes with those before them whose roundings are the judge's
// own: where it knows a layer's output, and not what the layer is made of (a
// convolution behind the rectifier that its config names).
func judged(nodes []*nn.Node, rights []Right) []*nn.Node {
	known := func(n *nn.Node) bool { _, exact := rights[n.Index].By.(Reference); return !exact }
	if len(nodes) == 0 || !known(nodes[len(nodes)-1]) {
		return nodes
	}
	all := map[*nn.Node]bool{}
	var add func(n *nn.Node)
	add = func(n *nn.Node) {
		if all[n] {
			return
		}
		all[n] = true
		for _, in := range n.Inputs {
			if !known(in) || slices.Contains(nodes, in) {
				add(in)
			}
		}
	}
	add(nodes[len(nodes)-1])
	return slices.SortedFunc(maps.Keys(all), func(a, b *nn.Node) int { return a.Index - b.Index })
}

// right returns what the judge says that a value holds.
func (r *run) right(v *plan.Value) *nn.Tensor { return sample(r.values[v.Node.Index], held(v.Held)) }

// feed hands a step what it reads.
func (r *run) feed(v *plan.Value) (*nn.Tensor, error) { return r.right(v), nil }

// check compares what a value holds with what the judge says.
func (r *run) check(l *Layer, got *nn.Tensor, v *plan.Value, t Tolerance, basis string) (*Check, error) {
	if _, exact := r.rights[v.Node.Index].By.(Reference); !exact {
		t = t.loosened(judgeRounds)
		basis += fmt.Sprintf(", times %d for the judge's own", judgeRounds)
	}
	if r.Tolerance != nil {
		t, basis = *r.Tolerance, "as asked for"
	}
	c, err := check(got, r.right(v), t, basis)
	if err != nil {
		return nil, fmt.Errorf("layer %q: %w", l.Name, err)
	}
	if c.Worst != nil {
		l.held.place(c.Worst.At)
	}
	return c, nil
}

// again runs every step a second time, on a net whose memory holds other things:
// it shows which results do not stay, and where the errors of those sit that
// failed.
func (r *run) again(ctx context.Context, stepped []*Layer) error {
	if len(stepped) == 0 {
		return nil
	}
	return r.loaded(true, func(net subject) error {
		at, step := -1, r.progress("again", len(stepped))
		return net.Isolate(ctx, r.batch, r.feed, func(s *plan.Step, again *nn.Tensor) error {
			defer step()
			at++
			l := stepped[at]
			l.Unsteady = unsteady([]*nn.Tensor{l.got, again})
			if l.Isolated.Passed {
				l.got, l.want = nil, nil
				return nil
			}
			p, err := Locate(l.want, l.Isolated.Tolerance, l.got, again)
			if err != nil {
				return fmt.Errorf("layer %q: %w", l.Name, err)
			}
			l.Place, l.Suspect = &p, r.suspect(s, l)
			return nil
		})
	})
}

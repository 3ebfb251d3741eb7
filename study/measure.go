package study

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/nn"
)

// Options are what is measured, and how.
type Options struct {
	Open   Opener // the engine; nil: nothing is measured
	Device string // its name
	Batch  int    // images at once

	Picture   *nn.Tensor // (1, H, W, C): what is changed
	Low, High float32    // the range of its values

	Watch    Watch // where changes of the blocks' inputs are looked for; "" is OnNet
	Sample   int   // positions of a block's input that are changed of each kind that counting tells apart, and all of a kind that do not do the same; 0: all
	Check    int   // positions of each feature map that the reference checks
	Every    int   // pixels of the picture are changed in each n-th row and column; 0: none
	Runs     int   // timed runs; 0: none
	Progress func(what string, done, total int)
	Counted  func(*Report) // is told of the report when all but measurements are in it; may be nil
}

func (o Options) counted(r *Report) {
	if o.Counted != nil {
		o.Counted(r)
	}
}

// Watch is where changes are looked for.
type Watch string

// Where changes of a block's input are looked for.
const (
	OnNet     Watch = "net"   // at the block's output and at the net's
	OnBlock   Watch = "block" // at the block's output alone
	OnNothing Watch = "none"  // nothing is changed
)

// progress counts one piece of work.
func (o Options) progress(what string, total int) func(int) {
	if o.Progress == nil {
		return nil
	}
	done := 0
	return func(n int) {
		done += n
		o.Progress(what, done, total)
	}
}

// measure changes positions, one by one, in a net that was analysed.
func (o Options) measure(ctx context.Context, n *Net) error {
	if o.Open == nil {
		return nil
	}
	if o.Watch != OnNothing {
		bases, err := o.bases(ctx, n)
		if err != nil {
			return err
		}
		for i, b := range n.Blocks {
			if err := o.changeBlock(ctx, n, b, bases[i]); err != nil {
				return fmt.Errorf("%s, %s: %w", n.Name, b.Name, err)
			}
		}
	}
	if o.Every == 0 {
		return nil
	}
	if err := o.changePixels(ctx, n); err != nil {
		return fmt.Errorf("%s, pixels: %w", n.Name, err)
	}
	return nil
}

// bases returns what the blocks read when the net sees the picture.
func (o Options) bases(ctx context.Context, n *Net) ([]*nn.Tensor, error) {
	if len(n.Blocks) == 0 {
		return nil, nil
	}
	var ends []output
	for _, b := range n.Blocks {
		ends = append(ends, output{node: b.halving.Input})
	}
	g, err := cut(n.graph, n.graph.Inputs[0], ends...)
	if err != nil {
		return nil, err
	}
	e, err := o.Open(g, 1)
	if err != nil {
		return nil, err
	}
	out, err := e.RunAll(ctx, []*nn.Tensor{o.Picture})
	return out, errors.Join(err, e.Close())
}

// answers returns what to watch of the net's outputs: for a softmax what it
// reads, since its rounding hides small changes.
func answers(g *nn.Graph) []output {
	var ends []output
	for _, n := range g.Outputs {
		if _, ok := n.Op.(*nn.Softmax); ok {
			n = n.Inputs[0]
		}
		ends = append(ends, output{node: n})
	}
	return ends
}

// changeBlock changes every position of what a block reads.
func (o Options) changeBlock(ctx context.Context, n *Net, b *Block, base *nn.Tensor) error {
	ends := []output{{node: b.halving.Output}}
	if o.Watch != OnBlock {
		ends = append(ends, answers(n.graph)...)
	}
	g, err := cut(n.graph, b.halving.Input, ends...)
	if err != nil {
		return err
	}
	kinds := b.kinds()
	s := newSurvey(b.Input[0]*b.Input[1], len(ends))
	p := perturbation{graph: g, input: base, change: raise(base), batch: o.Batch, positions: kinds.sample(o.Sample)}
	for len(p.positions) > 0 {
		p.step = o.progress(n.Name+" "+b.Name, len(p.positions))
		effects, err := p.run(ctx, o.Open)
		if err != nil {
			return err
		}
		s.add(p.positions, effects)
		p.positions = s.doubtful(kinds)
	}
	b.OnBlock = s.influence(0, 1, kinds)
	if o.Watch != OnBlock {
		b.OnNet = s.influence(1, len(ends), kinds)
	}
	p.positions, p.step = s.tested, nil
	block, err := cut(n.graph, b.halving.Input, output{node: b.halving.Output})
	if err != nil {
		return err
	}
	p.graph = block
	return o.check(ctx, p, b.OnBlock, s.tested)
}

// changePixels changes the picture's pixels, and watches the net's output and
// the centre of each stage.
func (o Options) changePixels(ctx context.Context, n *Net) error {
	input := n.graph.Inputs[0]
	ends := answers(n.graph)
	for _, s := range n.Sights {
		ends = append(ends, output{node: s.node, centre: true})
	}
	g, err := cut(n.graph, input, ends...)
	if err != nil {
		return err
	}
	some := every(o.Every, input.Shape[0], input.Shape[1])
	p := perturbation{graph: g, input: o.Picture, change: swing(o.Low, o.High), positions: some, batch: o.Batch, step: o.progress(n.Name+" pixels", len(some))}
	effects, err := p.run(ctx, o.Open)
	if err != nil {
		return err
	}
	t, err := NewTrace(n.graph)
	if err != nil {
		return err
	}
	reads := t.Reads(input)
	outputs := len(n.graph.Outputs)
	n.Reach = influence(largest(effects[:outputs]), some, o.Every, func(i int) bool { return reads.N[i] > 0 })
	for i, s := range n.Sights {
		s.see(effects[outputs+i], o.Every)
	}
	if p.graph, err = cut(n.graph, input, ends[:outputs]...); err != nil {
		return err
	}
	if o.Sample > 0 {
		const dearer = 4 // a whole net on the reference, for each position
		o.Check = (o.Check + dearer - 1) / dearer
	}
	return o.check(ctx, p, n.Reach, every(1, 1, len(some)))
}

// influence counts effects at the positions that were changed.
func influence(effects []float64, positions []int, step int, read func(int) bool) *Influence {
	r := &Influence{Every: step, Positions: len(positions), Tested: len(positions), Effect: effects}
	for i, at := range positions {
		switch changed := effects[i] > 0; {
		case changed && !read(at):
			r.UnreadChanged++
			r.Changed++
		case changed:
			r.Changed++
		case read(at):
			r.ReadUnchanged++
		}
	}
	r.Share = float64(r.Changed) / float64(r.Tested)
	return r
}

// largest returns the largest of several outputs' effects, by position.
func largest(effects [][]float64) []float64 {
	out := slices.Clone(effects[0])
	for _, other := range effects[1:] {
		for i, v := range other {
			out[i] = max(out[i], v)
		}
	}
	return out
}

// check repeats some of the changes on the reference and compares. The effects
// of p's positions are found at these indexes.
func (o Options) check(ctx context.Context, p perturbation, found *Influence, at []int) error {
	some := spread(len(p.positions), o.Check)
	if len(some) == 0 {
		return nil
	}
	all := p.positions
	p.positions, p.batch, p.step = nil, len(some)+1, nil
	for _, i := range some {
		p.positions = append(p.positions, all[i])
	}
	effects, err := p.run(ctx, Reference)
	if err != nil {
		return err
	}
	want := largest(effects)
	for i, j := range some {
		found.Checked++
		const tolerance = 0.02 // float32 sums of thousands of differences
		if got := found.Effect[at[j]]; (got > 0) == (want[i] > 0) && math.Abs(got-want[i]) <= tolerance*want[i] {
			found.Agreed++
		}
	}
	return nil
}

// see takes in what changing pixels did to the stage's centre.
func (s *Sight) see(effects []float64, step int) {
	s.Tested, s.Every, s.Effect = len(effects), step, effects
	sorted := slices.Clone(effects)
	slices.SortFunc(sorted, func(a, b float64) int { return cmp.Compare(b, a) })
	var total float64
	for _, v := range sorted {
		total += v
		if v > 0 {
			s.Changed++
		}
	}
	const most = 0.9
	var sum float64
	count := 0
	for sum < most*total {
		sum += sorted[count]
		count++
	}
	s.Side = math.Sqrt(float64(count)) * float64(step)
}

// clock times the nets on the picture, in turn, so that a noisy moment of the
// machine hits all alike.
func (o Options) clock(ctx context.Context, nets []*Net) (err error) {
	if o.Open == nil || o.Runs == 0 {
		return nil
	}
	engines := make([]engine.Net, 0, len(nets))
	defer func() {
		for _, e := range engines {
			err = errors.Join(err, e.Close())
		}
	}()
	for _, n := range nets {
		e, err := o.Open(n.graph, 1)
		if err != nil {
			return fmt.Errorf("%s: %w", n.Name, err)
		}
		engines = append(engines, e)
	}
	times := make([][]engine.Times, len(nets))
	step := o.progress("timing", (o.Runs+1)*len(nets))
	for round := range o.Runs + 1 { // the first warms up
		for i, e := range engines {
			t, err := e.Time(ctx, []*nn.Tensor{o.Picture})
			if err != nil {
				return fmt.Errorf("%s: %w", nets[i].Name, err)
			}
			if round > 0 {
				times[i] = append(times[i], t)
			}
			if step != nil {
				step(1)
			}
		}
	}
	for i, n := range nets {
		n.Milliseconds = median(times[i], func(t engine.Times) time.Duration { return t.Total })
		for _, b := range n.Blocks {
			b.Milliseconds = median(times[i], func(t engine.Times) time.Duration { return t.Blocks[b.Name] })
		}
	}
	return nil
}

// median returns the median of a duration of each run, in milliseconds.
func median(runs []engine.Times, of func(engine.Times) time.Duration) float64 {
	ms := make([]float64, len(runs))
	for i, r := range runs {
		ms[i] = float64(of(r)) / float64(time.Millisecond)
	}
	slices.Sort(ms)
	return stat.Quantile(0.5, stat.Empirical, ms, nil)
}

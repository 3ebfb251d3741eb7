package gpu

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// Tuning, on GPUs: each product of the net is computed by several kernels, the
// fastest one that gives what the plain kernel gives is kept, and remembered in
// the user's cache folder. It decides over time alone: where nothing was
// measured, or what was measured is lost, the rule of target.choose holds.

// tuneTime bounds what Load spends on measuring; what is left is for the next
// time.
const tuneTime = 2 * time.Second

// Tuned says how the kernels of a net's products were chosen.
type Tuned struct {
	Measured   int // now
	Remembered int // earlier, from the cache file
	Left       int // by the rule: the time was up
}

// measurement is an entry of the cache file.
type measurement struct {
	Precision   nn.Precision
	Product     lower.Product
	Choice      lower.Choice
	Nanoseconds int64
}

// tuner fills a target's tuned choices.
type tuner struct {
	device  *Device
	options Options // of the nets that are measured
	known   []measurement
	end     time.Time
}

// tune chooses kernels for the net's products.
func (n *Net) tune() error {
	n.tuned = Tuned{}
	if !n.options.Tune || !n.target.Tiled() || n.target.Forced.Base != "" || !n.device.info.Timestamps {
		return nil
	}
	products, err := n.products()
	if err != nil {
		return err
	}
	u := &tuner{device: n.device, options: Options{Precision: n.target.Precision, SPIRV: n.options.SPIRV}}
	limit := n.options.tuneFor
	if limit == 0 {
		limit = tuneTime
	}
	u.end = time.Now().Add(limit)
	remembers := len(n.options.SPIRV) == 0 // whose times are others
	if remembers {
		u.known = n.device.info.readTuning()
	}
	choices := map[lower.Product]lower.Choice{}
	for _, m := range u.known {
		if m.Precision == n.target.Precision && slices.Contains(products, m.Product) {
			choices[m.Product] = m.Choice
		}
	}
	n.tuned.Remembered = len(choices)
	for _, p := range products {
		if _, ok := choices[p]; ok {
			continue
		}
		m, err := u.measure(n.target, p)
		switch {
		case errors.Is(err, errTimeIsUp):
			n.tuned.Left++
		case err != nil:
			return fmt.Errorf("tune: %w", err)
		default:
			choices[p] = m.Choice
			u.known = append(u.known, m)
			n.tuned.Measured++
		}
	}
	n.target.Tuned = choices
	if remembers && n.tuned.Measured > 0 {
		n.device.info.writeTuning(u.known)
	}
	return nil
}

// products returns the products that the net computes by tiled kernels, for a
// full batch, each once.
func (n *Net) products() ([]lower.Product, error) {
	layout, err := n.lay(n.options.Batch)
	if err != nil {
		return nil, err
	}
	var list []lower.Product
	t := n.target
	t.Asked = func(p lower.Product) {
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	_, err = lower.Lower(t, n.program, layout, nil)
	return list, err
}

var errTimeIsUp = errors.New("the time for tuning is up")

// measure returns the fastest choice for a product.
func (u *tuner) measure(t lower.Target, p lower.Product) (measurement, error) {
	op, x, err := p.Sample()
	if err != nil {
		return measurement{}, err
	}
	best := measurement{Precision: t.Precision, Product: p, Nanoseconds: math.MaxInt64}
	var want *nn.Tensor
	for _, c := range t.Candidates(p) {
		if time.Now().After(u.end) {
			return measurement{}, errTimeIsUp
		}
		if want == nil {
			if want, err = u.answer(lower.Choice{Kernel: "conv2d"}, op, x, nil); err != nil {
				return measurement{}, err
			}
		}
		var took time.Duration
		got, err := u.answer(c, op, x, func(n *Net) error {
			took, err = best.race(n, x)
			return err
		})
		if err != nil {
			return measurement{}, err
		}
		if agree(t.Precision, got, want) && took.Nanoseconds() < best.Nanoseconds {
			best.Choice, best.Nanoseconds = c, took.Nanoseconds()
		}
	}
	if best.Choice.Kernel == "" {
		best.Choice = lower.Choice{Kernel: "conv2d_tiles_32x32", Splits: 1} // none agrees: what the rule falls back on
	}
	return best, nil
}

// answer computes the sample by one choice, and lets look see the net.
func (u *tuner) answer(c lower.Choice, op nn.Op, x *nn.Tensor, look func(*Net) error) (*nn.Tensor, error) {
	o := u.options
	o.Kernel, o.splits, o.Keep = c.Kernel, c.Splits, true
	n, err := LoadOp(u.device, o, op, x)
	if err != nil {
		return nil, err
	}
	defer n.Close()
	var y *nn.Tensor // what a kernel leaves out must not be what another one left in memory
	err = n.Observe(context.Background(), []*nn.Tensor{x}, func(_ *plan.Value, t *nn.Tensor) error {
		y = t // the last one is the output
		return nil
	})
	if err == nil && look != nil {
		err = look(n)
	}
	return y, err
}

// race returns the median time of three runs; one where a single run took twice
// as long as the best so far. The net has run before.
func (m measurement) race(n *Net, x *nn.Tensor) (time.Duration, error) {
	var times []time.Duration
	for range 3 {
		p, err := n.Profile(context.Background(), []*nn.Tensor{x}, DeviceClock)
		if err != nil {
			return 0, err
		}
		var took time.Duration
		for _, s := range p.Submissions {
			for _, w := range s.Work {
				took += w.Took
			}
		}
		times = append(times, took)
		if took.Nanoseconds()/2 > m.Nanoseconds {
			break
		}
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// agree reports whether two kernels computed the same, but for the order of
// sums and the rounding of results.
func agree(p nn.Precision, got, want *nn.Tensor) bool {
	var errors, squares float64
	for i, w := range want.Data {
		e := float64(got.Data[i]) - float64(w)
		errors, squares = errors+e*e, squares+float64(w)*float64(w)
	}
	allowed := 1e-9
	if p.HalfTensors() {
		allowed = 1e-5
	}
	return errors <= allowed*squares // false for NaN
}

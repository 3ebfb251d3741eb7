package window

import (
	"context"
	"fmt"
	"time"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// result is what the network made of a picture. Its tensors stay on the device
// until release.
type result struct {
	file    string
	picture Picture
	held    *gpu.Held
	scores  []float32
	times   []blockTime
	err     error
}

func (r *result) release() {
	if r != nil && r.held != nil {
		r.held.Release()
	}
}

// blockTime is what a block took on the device.
type blockTime struct {
	block string
	took  time.Duration
}

// load puts the network on the device, so that all feature maps are there and
// whole: without the planner's demand, which would leave positions out that
// nobody reads. One run is shown while the next computes.
func load(d *gpu.Device, g *nn.Graph) (*gpu.Net, error) {
	passes := d.Passes()
	passes.Demand = false
	return gpu.Load(d, g, gpu.Options{InFlight: 2, OnDevice: true, Passes: &passes})
}

// worker computes pictures, the latest that was asked for first.
type worker struct {
	net     *gpu.Net
	read    func(file string) (Picture, error)
	asked   chan string  // holds one file at most
	results chan *result // in order; holds one at most
	stop    context.CancelFunc
	done    chan struct{}
}

// newWorker starts a worker; wake is called when there is a result.
func newWorker(net *gpu.Net, read func(string) (Picture, error), wake func()) *worker {
	ctx, stop := context.WithCancel(context.Background())
	w := &worker{net: net, read: read, asked: make(chan string, 1), results: make(chan *result, 1), stop: stop, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for {
			select {
			case <-ctx.Done():
				return
			case file := <-w.asked:
				r := w.compute(ctx, file)
				select {
				case w.results <- r:
					wake()
				case <-ctx.Done():
					r.release()
					return
				}
			}
		}
	}()
	return w
}

// ask wants a picture, and no more the one that was asked for before unless it
// is under way. It is for one goroutine.
func (w *worker) ask(file string) {
	select {
	case <-w.asked:
	default:
	}
	w.asked <- file
}

// close stops the worker. Results that were taken are the caller's to release.
func (w *worker) close() {
	w.stop()
	<-w.done
	select {
	case r := <-w.results:
		r.release()
	default:
	}
}

func (w *worker) compute(ctx context.Context, file string) *result {
	r := &result{file: file}
	if r.picture, r.err = w.read(file); r.err != nil {
		return r
	}
	in := []*nn.Tensor{r.picture.Input}
	if r.times, r.err = w.time(ctx, in); r.err != nil {
		return r
	}
	if r.held, r.err = w.net.Hold(ctx, in); r.err == nil {
		r.scores = r.held.Outputs[0].Data
	}
	return r
}

// time measures a run by blocks. The first of two warms up.
func (w *worker) time(ctx context.Context, in []*nn.Tensor) ([]blockTime, error) {
	var p *gpu.Profile
	for range 2 {
		var err error
		if p, err = w.net.Profile(ctx, in, w.net.Clock()); err != nil {
			return nil, fmt.Errorf("time the blocks: %w", err)
		}
	}
	return byBlock(p), nil
}

// byBlock sums a profile by blocks, in their order.
func byBlock(p *gpu.Profile) []blockTime {
	var times []blockTime
	place := map[string]int{}
	for _, s := range p.Submissions {
		for _, work := range s.Work {
			block := work.Steps[0].Main().Block
			i, ok := place[block]
			if !ok {
				i = len(times)
				place[block] = i
				times = append(times, blockTime{block: block})
			}
			times[i].took += work.Took
		}
	}
	return times
}

// valueOf returns where a node's result lies, nil where it was fused away.
func valueOf(p *plan.Program, n *nn.Node) *plan.Value {
	for _, v := range p.Values {
		if v.Node == n && v.Shape.Equal(n.Shape) {
			return v
		}
	}
	return nil
}

package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
)

// call is the images of one request on their way through a queue.
type call struct {
	ctx    context.Context // of the client
	in     []*nn.Tensor    // (N, ...) of each input
	images int             // N: so many places are held until done is closed
	queued time.Time

	done chan struct{} // closed when out or err is set
	out  []*nn.Tensor
	err  error
}

// queue makes batches of a model's calls and gives them to its programs.
type queue struct {
	model   *Model
	limit   int // images that may be held at once
	delay   time.Duration
	loads   *loads
	metrics *metrics
	log     *slog.Logger
	lost    func() // called when no program is left

	held     atomic.Int64
	calls    chan *call    // each holds a place or more, so there is room for all
	free     chan struct{} // runs that the programs have room for
	dead     chan struct{} // closed when no program is left
	programs []*program    // their counts are loads's
	runs     sync.WaitGroup
}

// program is a Program and what it is doing.
type program struct {
	Program
	running int
	lost    bool
}

// loads counts the images under way on each device, over all models.
type loads struct {
	sync.Mutex
	images map[string]int
}

func (q *queue) start() {
	runs := 0
	for _, p := range q.model.Programs {
		p.InFlight = max(p.InFlight, 1)
		runs += p.InFlight
		q.programs = append(q.programs, &program{Program: p})
	}
	q.calls = make(chan *call, q.limit)
	q.dead = make(chan struct{})
	q.free = make(chan struct{}, runs)
	for range runs {
		q.free <- struct{}{}
	}
}

// reserve takes places for images, if there are so many.
func (q *queue) reserve(images int) error {
	if images > q.limit {
		return invalid("%d images in one request: at most %d may be in the server at once", images, q.limit)
	}
	for {
		held := q.held.Load()
		if held+int64(images) > int64(q.limit) {
			return fmt.Errorf("%w: %d images of at most %d are under way", ErrBusy, held, q.limit)
		}
		if q.held.CompareAndSwap(held, held+int64(images)) {
			return nil
		}
	}
}

func (q *queue) release(images int) { q.held.Add(-int64(images)) }

// submit computes a call, whose places the caller has reserved and loses here.
// It returns early when the client goes away.
func (q *queue) submit(c *call) ([]*nn.Tensor, error) {
	c.done, c.queued = make(chan struct{}), time.Now()
	q.calls <- c
	select {
	case <-c.done:
		return c.out, c.err
	case <-c.ctx.Done():
		return nil, c.ctx.Err()
	}
}

// finish ends a call.
func (q *queue) finish(c *call, out []*nn.Tensor, err error) {
	c.out, c.err = out, err
	q.release(c.images)
	close(c.done)
}

// serve makes batches until the calls are closed, and waits for their runs.
func (q *queue) serve() {
	defer q.runs.Wait()
	var first *call
	for {
		if first == nil {
			c, ok := <-q.calls
			if !ok {
				return
			}
			first = c
		}
		select {
		case <-q.free:
			first = q.dispatch(first)
		case <-q.dead:
			q.finish(first, nil, ErrNoProgram)
			first = nil
		}
	}
}

// dispatch runs a batch that begins with a call; the caller has taken from free.
// It returns the call that the next batch begins with, nil where that is open.
func (q *queue) dispatch(first *call) (next *call) {
	batch, left := q.gather(first)
	if batch = q.present(batch); len(batch) == 0 {
		q.free <- struct{}{}
		return left
	}
	images := 0
	for _, c := range batch {
		images += c.images
	}
	p := q.assign(images)
	for p == nil { // what was taken belonged to a program that was lost
		select {
		case <-q.free:
			p = q.assign(images)
		case <-q.dead:
			for _, c := range batch {
				q.finish(c, nil, ErrNoProgram)
			}
			return left
		}
	}
	q.runs.Go(func() { q.run(p, batch, images) })
	return left
}

// gather returns the calls of a batch: those that wait, and those that come
// until the first has waited for the delay, as many as fit. left does not fit.
func (q *queue) gather(first *call) (batch []*call, left *call) {
	batch = []*call{first}
	images := first.images
	timer := time.NewTimer(time.Until(first.queued.Add(q.delay)))
	defer timer.Stop()
	for images < q.model.Batch {
		c, ok := q.next(timer.C)
		if !ok {
			return batch, nil
		}
		if images+c.images > q.model.Batch {
			return batch, c
		}
		batch = append(batch, c)
		images += c.images
	}
	return batch, nil
}

// next returns a call that waits already, or else one that comes before the timer.
func (q *queue) next(timer <-chan time.Time) (*call, bool) {
	select {
	case c, ok := <-q.calls:
		return c, ok
	default:
	}
	select {
	case c, ok := <-q.calls:
		return c, ok
	case <-timer:
		return nil, false
	}
}

// present finishes the calls whose clients went away and returns the others.
func (q *queue) present(batch []*call) []*call {
	var stay []*call
	for _, c := range batch {
		if err := c.ctx.Err(); err != nil {
			q.finish(c, nil, err)
			continue
		}
		stay = append(stay, c)
	}
	return stay
}

// assign chooses the program for a batch: of those with room, the one whose
// device has the fewest images under way; nil if none has room.
func (q *queue) assign(images int) (best *program) {
	q.loads.Lock()
	defer q.loads.Unlock()
	for _, p := range q.programs {
		if p.lost || p.running == p.InFlight {
			continue
		}
		if best == nil || q.loads.images[p.Device] < q.loads.images[best.Device] {
			best = p
		}
	}
	if best != nil {
		best.running++
		q.loads.images[best.Device] += images
	}
	return best
}

// run computes a batch and finishes its calls.
func (q *queue) run(p *program, batch []*call, images int) {
	begin := time.Now()
	for _, c := range batch {
		q.metrics.queueSeconds.WithLabelValues(q.model.Name).Observe(begin.Sub(c.queued).Seconds())
	}
	q.metrics.batchImages.WithLabelValues(q.model.Name).Observe(float64(images))
	// A batch serves several clients: none of them can end it.
	out, err := p.Engine.RunAll(context.Background(), joined(batch, images))
	q.metrics.deviceSeconds.WithLabelValues(q.model.Name, p.Device).Observe(time.Since(begin).Seconds())
	if err == nil {
		q.metrics.images.WithLabelValues(q.model.Name, p.Device).Add(float64(images))
	}
	q.settle(p, images, err)
	from := 0
	for _, c := range batch {
		if err != nil {
			q.finish(c, nil, err)
			continue
		}
		q.finish(c, part(out, from, c.images), nil)
		from += c.images
	}
}

// settle takes a run off its program's account, and a program out of service
// whose device was lost.
func (q *queue) settle(p *program, images int, err error) {
	lost := errors.Is(err, gpu.ErrDeviceLost)
	q.loads.Lock()
	p.running--
	q.loads.images[p.Device] -= images
	first := lost && !p.lost
	p.lost = p.lost || lost
	gone, left := p.lost, 0
	for _, other := range q.programs {
		if !other.lost {
			left++
		}
	}
	q.loads.Unlock()
	if err != nil {
		q.log.Error("a batch failed", "model", q.model.Name, "device", p.Device, "images", images, "error", err)
	}
	if first {
		q.log.Error("a device is out of service", "model", q.model.Name, "device", p.Device, "devices_left", left)
	}
	if first && left == 0 {
		close(q.dead)
		q.lost()
	}
	if !gone {
		q.free <- struct{}{}
	}
}

// joined puts the images of several calls into one batch of each input.
func joined(batch []*call, images int) []*nn.Tensor {
	if len(batch) == 1 {
		return batch[0].in
	}
	in := make([]*nn.Tensor, len(batch[0].in))
	for i := range in {
		shape := batch[0].in[i].Shape[1:].Batch(images)
		in[i] = &nn.Tensor{Shape: shape, Data: make([]float32, 0, shape.Len())}
		for _, c := range batch {
			in[i].Data = append(in[i].Data, c.in[i].Data...)
		}
	}
	return in
}

// part returns the images from, from+1, ... of a batch of each output.
func part(out []*nn.Tensor, from, images int) []*nn.Tensor {
	list := make([]*nn.Tensor, len(out))
	for i, t := range out {
		each := len(t.Data) / t.Shape[0]
		list[i] = &nn.Tensor{Shape: t.Shape[1:].Batch(images), Data: t.Data[from*each : (from+images)*each]}
	}
	return list
}

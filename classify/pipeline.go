package classify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/nn"
)

// Batch is some answers, in order.
type Batch struct {
	Answers []*Answer // of pictures that could not be read too

	pictures []*picture // of the answers
	good     int        // those that were read
	x        *nn.Tensor // room for a full batch; the first of it are the good ones
	computed chan struct{}
}

// Input is what the net got, (n, H, W, channels), for those of the answers that have no
// error. It is gone when the batch has been handed out.
func (b *Batch) Input() *nn.Tensor {
	shape := b.x.Shape[1:].Batch(b.good)
	return &nn.Tensor{Shape: shape, Data: b.x.Data[:shape.Len()]}
}

// pipeline classifies pictures in stages that go on side by side: the intake reads
// and resizes them on all cores, a queue holds those that are read, the batcher
// makes batches of them, the device computes a batch while the next one is
// uploaded, and the answers are written in order as they come. Buffers go round,
// so that memory does not grow with the number of pictures.
type pipeline struct {
	Intake
	o     Options
	net   engine.Net
	runs  int                // batches on the device at once
	write func(*Batch) error // one at a time, in order

	buffers chan []float32 // of pictures, those that are not used
	empty   chan *Batch    // to be filled
	batches chan *Batch    // to be computed
	ordered chan *Batch    // to be written, in order; perhaps still being computed
}

// run begins all stages and waits for their end.
func (p *pipeline) run() error {
	room := p.o.Batch + p.stages.cores
	p.buffers = make(chan []float32, room)
	count := p.runs + 2 // being filled, being written
	p.empty, p.ordered, p.batches = make(chan *Batch, count), make(chan *Batch, count), make(chan *Batch)
	for range count {
		p.empty <- &Batch{}
	}
	group, ctx := errgroup.WithContext(context.WithoutCancel(p.stop))
	p.start(ctx, group, room)
	group.Go(func() error { return p.gather(ctx) })
	for range p.runs {
		group.Go(func() error { return p.computeAll(ctx) })
	}
	group.Go(func() error { return p.writeAll(ctx) })
	return group.Wait()
}

// read reads a picture into a buffer.
func (p *pipeline) read(ctx context.Context, pic *picture) {
	select {
	case pic.x = <-p.buffers:
	default:
		pic.x = make([]float32, p.o.Shape().Len())
	}
	switch {
	case pic.shard != nil:
		pic.Info, pic.Err = pic.shard.tensor(pic.x, pic.Index, &p.o.Reader)
	case pic.Stdin:
		pic.Info, pic.Err = p.o.stdin(ctx, pic.x)
	default:
		pic.Info, pic.Err = p.o.File(ctx, pic.x, pic.Path)
	}
}

// gather makes batches of the pictures that are read.
func (p *pipeline) gather(ctx context.Context) error {
	defer close(p.batches)
	defer close(p.ordered)
	for more := true; more; {
		b, _, err := receive(ctx, p.empty)
		if err != nil {
			return err
		}
		b.begin(p.o.Shape().Batch(p.o.Batch))
		if more, err = p.fill(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// begin makes the batch ready to be filled.
func (b *Batch) begin(shape nn.Shape) {
	size := shape[0]
	if b.x == nil {
		b.x = nn.NewTensor(shape...)
	}
	*b = Batch{x: b.x, Answers: make([]*Answer, 0, size), pictures: make([]*picture, 0, size), computed: make(chan struct{})}
}

// fill fills a batch and hands it on: when it is full, when no picture waits now
// and the device has nothing to do, or after the last picture. more is false then.
func (p *pipeline) fill(ctx context.Context, b *Batch) (more bool, err error) {
	idle := false
	for b.good < p.o.Batch && len(b.pictures) < 2*p.o.Batch {
		var device chan<- *Batch
		if idle && len(b.pictures) > 0 {
			device = p.batches
		}
		select {
		case pic, more := <-p.queue:
			if !more && len(b.pictures) == 0 {
				return false, nil
			}
			if !more {
				return false, p.pass(ctx, b)
			}
			if idle = pic == nil; idle {
				continue
			}
			if _, _, err := receive(ctx, pic.ready); err != nil {
				return false, err
			}
			p.admit(b, pic)
		case device <- b:
			return true, send(ctx, p.ordered, b)
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	return true, p.pass(ctx, b)
}

// leave notes that the batch's pictures have left the queue for the device.
func (b *Batch) leave(s *stages) {
	now := time.Now()
	for _, pic := range b.pictures {
		if pic.Err == nil {
			s.queue.Add(int64(now.Sub(pic.since)))
		}
	}
}

// pass hands a batch on.
func (p *pipeline) pass(ctx context.Context, b *Batch) error {
	if err := send(ctx, p.batches, b); err != nil {
		return err
	}
	return send(ctx, p.ordered, b)
}

// admit puts a picture that left the queue into the batch. Of a shard that fails
// in its midst the first failure stands for the rest.
func (p *pipeline) admit(b *Batch, pic *picture) {
	defer p.leave() // after its buffer is back, so that there is room for all
	x := pic.x
	pic.x = nil
	if x != nil {
		defer func() { p.buffers <- x }()
	}
	if s := pic.shard; s != nil {
		defer s.release()
		if s.broken.Load() {
			return
		}
		if pic.Err != nil {
			s.broken.Store(true)
			pic.Index = -1
		}
	}
	if errors.Is(pic.Err, errStopped) {
		return
	}
	b.pictures, b.Answers = append(b.pictures, pic), append(b.Answers, &pic.Answer)
	if pic.Err == nil {
		copy(b.x.Image(b.good), x)
		b.good++
	}
}

// computeAll computes batches until there are no more.
func (p *pipeline) computeAll(ctx context.Context) error {
	for {
		b, ok, err := receive(ctx, p.batches)
		if !ok {
			return err
		}
		if err := p.compute(ctx, b); err != nil {
			return err
		}
		close(b.computed)
	}
}

// compute answers for a batch's pictures.
func (p *pipeline) compute(ctx context.Context, b *Batch) error {
	if b.good == 0 {
		return nil
	}
	b.leave(p.stages)
	p.stages.device.start()
	y, err := p.net.Run(ctx, b.Input())
	p.stages.device.stop()
	if err != nil {
		return err
	}
	if len(y.Shape) != 2 || y.Shape[0] != b.good || p.o.Labels != nil && len(p.o.Labels) != y.Shape[1] {
		return fmt.Errorf("classify: the net answers %d pictures with shape %v, where scores of %s are wanted", b.good, y.Shape, p.classes())
	}
	n := 0
	for _, a := range b.Answers {
		if a.Err == nil {
			a.Classes = Best(y.Image(n), p.o.Labels, p.o.Top)
			n++
		}
	}
	return nil
}

// classes says how many there are to be.
func (p *pipeline) classes() string {
	if p.o.Labels == nil {
		return "classes"
	}
	return fmt.Sprintf("%d classes, as many as there are labels,", len(p.o.Labels))
}

// writeAll hands out the batches in order and sends them round again.
func (p *pipeline) writeAll(ctx context.Context) error {
	for {
		b, ok, err := receive(ctx, p.ordered)
		if !ok {
			return err
		}
		if _, _, err := receive(ctx, b.computed); err != nil {
			return err
		}
		begin := time.Now()
		if err := p.write(b); err != nil {
			return err
		}
		p.stages.wrote(b.good, len(b.Answers)-b.good, time.Since(begin))
		p.empty <- b // which has room for all
	}
}

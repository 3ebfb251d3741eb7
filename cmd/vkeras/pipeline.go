package main

import (
	"context"
	"errors"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// pipeline classifies pictures in stages that go on side by side: the pool reads
// and resizes them on all cores, a queue holds those that are read, the batcher
// makes batches of them, the device computes a batch while the next one is
// uploaded, and the answers are written in order as they come. Buffers go round,
// so that memory does not grow with the number of pictures.
type pipeline struct {
	*classifier
	pool
	engine engine.Net
	size   int                // pictures a batch
	write  func(*batch) error // one at a time, in order

	buffers chan []float32 // of pictures, those that are not used
	empty   chan *batch    // to be filled
	batches chan *batch    // to be computed
	ordered chan *batch    // to be written, in order; perhaps still being computed
}

// batch is some pictures, in order.
type batch struct {
	pictures []*picture // those that could not be read too
	good     int        // those that were read
	x        *nn.Tensor // room for a full batch; the first of it are the good ones
	computed chan struct{}
}

// input returns what the net gets, (good, H, W, 3).
func (b *batch) input() *nn.Tensor {
	shape := b.x.Shape[1:].Batch(b.good)
	return &nn.Tensor{Shape: shape, Data: b.x.Data[:shape.Len()]}
}

// classifyAll classifies the pictures that from puts in, and hands each batch to
// write in order. When stop is cancelled it begins no more, and finishes those
// that it has begun.
func (k *classifier) classifyAll(stop context.Context, e engine.Net, from func(context.Context, *pool) error, write func(*batch) error) (*stages, error) {
	runs := e.Device().Info().InFlight
	s := &stages{cores: runtime.GOMAXPROCS(0), begin: time.Now()}
	p := &pipeline{classifier: k, engine: e, size: k.device.batch, write: write,
		pool: pool{stop: stop, from: from, stages: s}}
	p.pool.read = p.read
	room := p.size + s.cores
	p.buffers = make(chan []float32, room)
	count := runs + 2 // being filled, being written
	p.empty, p.ordered, p.batches = make(chan *batch, count), make(chan *batch, count), make(chan *batch)
	for range count {
		p.empty <- &batch{}
	}
	group, ctx := errgroup.WithContext(context.WithoutCancel(stop))
	p.start(ctx, group, room)
	group.Go(func() error { return p.gather(ctx) })
	for range runs {
		group.Go(func() error { return p.computeAll(ctx) })
	}
	group.Go(func() error { return p.writeAll(ctx) })
	err := group.Wait()
	s.wall = time.Since(s.begin)
	return s, err
}

// receive returns the channel's next value; ok is false after its last one,
// err is that of ctx.
func receive[T any](ctx context.Context, c <-chan T) (v T, ok bool, err error) {
	select {
	case v, ok = <-c:
		return v, ok, nil
	case <-ctx.Done():
		return v, false, ctx.Err()
	}
}

func send[T any](ctx context.Context, c chan<- T, v T) error {
	select {
	case c <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read reads a picture into a buffer.
func (p *pipeline) read(ctx context.Context, pic *picture) {
	select {
	case pic.x = <-p.buffers:
	default:
		pic.x = make([]float32, p.height*p.width*3)
	}
	switch {
	case pic.shard != nil:
		pic.info, pic.err = pic.shard.tensor(pic.x, pic.index, &p.pictureInput)
	case pic.stdin:
		p.readStandardInput(ctx, pic)
	default:
		pic.info, pic.err = p.decodeFile(pic.x, pic.path)
	}
}

// readStandardInput reads what may block for ever, so who stops leaves it behind.
func (p *pipeline) readStandardInput(ctx context.Context, pic *picture) {
	type result struct {
		info pictures.Info
		err  error
	}
	done := make(chan result, 1)
	x := pic.x
	go func() {
		info, err := pictures.Tensor(x, p.stdin, p.width, p.height, p.options)
		done <- result{info, err}
	}()
	select {
	case r := <-done:
		pic.info, pic.err = r.info, r.err
	case <-ctx.Done():
		pic.x, pic.err = nil, errStopped
	case <-p.stop.Done():
		pic.x, pic.err = nil, errStopped
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
		b.begin(p.size, p.height, p.width)
		if more, err = p.fill(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// begin makes the batch ready to be filled.
func (b *batch) begin(size, height, width int) {
	if b.x == nil {
		b.x = nn.NewTensor(size, height, width, 3)
	}
	*b = batch{x: b.x, pictures: make([]*picture, 0, size), computed: make(chan struct{})}
}

// fill fills a batch and hands it on: when it is full, when no picture waits now
// and the device has nothing to do, or after the last picture. more is false then.
func (p *pipeline) fill(ctx context.Context, b *batch) (more bool, err error) {
	idle := false
	for b.good < p.size && len(b.pictures) < 2*p.size {
		var device chan<- *batch
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

// pass hands a batch on.
func (p *pipeline) pass(ctx context.Context, b *batch) error {
	if err := send(ctx, p.batches, b); err != nil {
		return err
	}
	return send(ctx, p.ordered, b)
}

// admit puts a picture that left the queue into the batch. Of a shard that fails
// in its midst the first failure stands for the rest.
func (p *pipeline) admit(b *batch, pic *picture) {
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
		if pic.err != nil {
			s.broken.Store(true)
			pic.index = -1
		}
	}
	if errors.Is(pic.err, errStopped) {
		return
	}
	b.pictures = append(b.pictures, pic)
	if pic.err == nil {
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
func (p *pipeline) compute(ctx context.Context, b *batch) error {
	if b.good == 0 {
		return nil
	}
	p.stages.leave(b)
	p.stages.device.start()
	y, err := p.engine.Run(ctx, b.input())
	p.stages.device.stop()
	if err != nil {
		return err
	}
	n := 0
	for _, pic := range b.pictures {
		if pic.err == nil {
			pic.classes = p.best(y.Image(n))
			n++
		}
	}
	return nil
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
		p.stages.wrote(b, time.Since(begin))
		p.empty <- b // which has room for all
	}
}

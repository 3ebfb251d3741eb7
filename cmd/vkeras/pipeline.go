package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// runsInFlight is how many batches a folder of pictures keeps on a device: one
// computes while the other's input and output are copied.
const runsInFlight = 2

// pipeline classifies files: all cores decode and resize, picture by picture,
// beside the device, which computes batch by batch; the answers leave in the
// files' order as they come. A fixed number of batches goes round, so that
// memory does not grow with the number of files.
type pipeline struct {
	*classifier
	stop   context.Context
	engine engine
	files  []string
	runs   int // at once

	free    chan *batch  // to be filled
	jobs    chan job     // pictures to decode
	decoded chan *batch  // to be computed, in order; perhaps still being decoded
	ordered chan *batch  // to be written, in order; perhaps still being computed
	decode  atomic.Int64 // time spent decoding, over all cores
	device  stopwatch    // time in which the device had work
	bar     *progressbar.ProgressBar
	begin   time.Time
}

// batch is some pictures on their way.
type batch struct {
	files []string
	infos []pictures.Info
	errs  []error // by file; nil: decoded
	x     *nn.Tensor

	left     atomic.Int32  // pictures that are not decoded
	ready    chan struct{} // closed when there are none
	answers  []answer
	faults   []fault
	computed chan struct{}
}

// job is a picture to decode.
type job struct {
	batch *batch
	at    int
}

// all classifies the files, handing answers and faults of each batch to write
// in order. When stop is cancelled it begins no more batches, and finishes those
// that it has begun.
func (k *classifier) all(stop context.Context, e engine, files []string, write func([]answer, []fault) error) error {
	size := min(k.device.batch, len(files))
	p := &pipeline{classifier: k, stop: stop, engine: e, files: files, runs: runsInFlight, bar: k.progress(len(files)), begin: time.Now()}
	if _, plain := e.(onCPU); plain {
		p.runs = 1 // it uses all cores for one
	}
	depth := 2*p.runs + 1 // computing, waiting decoded, being decoded
	p.free, p.decoded, p.ordered = make(chan *batch, depth), make(chan *batch, depth), make(chan *batch, depth)
	p.jobs = make(chan job, size)
	for range depth {
		p.free <- &batch{x: nn.NewTensor(size, k.height, k.width, 3)}
	}
	group, ctx := errgroup.WithContext(context.WithoutCancel(stop))
	group.Go(func() error { return p.feed(ctx, size) })
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error { return p.decodeAll(ctx) })
	}
	for range p.runs {
		group.Go(func() error { return p.computeAll(ctx) })
	}
	group.Go(func() error { return p.writeAll(ctx, write) })
	err := group.Wait()
	_ = p.bar.Clear()
	if err == nil && stop.Err() == nil && len(files) > size {
		p.account()
	}
	return err
}

// account says how long the files took, and what bounded them.
func (p *pipeline) account() {
	wall, device, decode := time.Since(p.begin), p.device.total, time.Duration(p.decode.Load())
	p.say("%d pictures in %.1f s: %.1f a second; the device had work for %.1f s, decoding took %.1f s on each of %d cores",
		len(p.files), wall.Seconds(), float64(len(p.files))/wall.Seconds(), device.Seconds(), decode.Seconds()/float64(runtime.GOMAXPROCS(0)), runtime.GOMAXPROCS(0))
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

// feed cuts the files into batches.
func (p *pipeline) feed(ctx context.Context, size int) error {
	defer close(p.jobs)
	defer close(p.decoded)
	defer close(p.ordered)
	for from := 0; from < len(p.files) && p.stop.Err() == nil; from += size {
		b, _, err := receive(ctx, p.free)
		if err != nil {
			return err
		}
		b.begin(p.files[from:min(from+size, len(p.files))])
		if err := send(ctx, p.decoded, b); err != nil {
			return err
		}
		if err := send(ctx, p.ordered, b); err != nil {
			return err
		}
		for i := range b.files {
			if err := send(ctx, p.jobs, job{b, i}); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin makes the batch ready for these files.
func (b *batch) begin(files []string) {
	n := len(files)
	*b = batch{files: files, infos: make([]pictures.Info, n), errs: make([]error, n), x: b.x, ready: make(chan struct{}), computed: make(chan struct{})}
	b.left.Store(int32(n))
}

// decodeAll decodes pictures until there are no more.
func (p *pipeline) decodeAll(ctx context.Context) error {
	for {
		j, ok, err := receive(ctx, p.jobs)
		if !ok {
			return err
		}
		begin := time.Now()
		b := j.batch
		b.infos[j.at], b.errs[j.at] = p.read(ctx, b.x.Image(j.at), b.files[j.at])
		p.decode.Add(int64(time.Since(begin)))
		if b.left.Add(-1) == 0 {
			close(b.ready)
		}
	}
}

// read decodes a file. Standard input may block for ever, so who stops leaves it
// behind.
func (p *pipeline) read(ctx context.Context, dst []float32, file string) (pictures.Info, error) {
	if file != stdinName {
		return p.classifier.decode(dst, file)
	}
	type result struct {
		info pictures.Info
		err  error
	}
	done := make(chan result, 1)
	go func() {
		info, err := p.classifier.decode(dst, file)
		done <- result{info, err}
	}()
	select {
	case r := <-done:
		return r.info, r.err
	case <-ctx.Done():
		return pictures.Info{}, errStopped
	case <-p.stop.Done():
		return pictures.Info{}, errStopped
	}
}

// errStopped is a picture that was not waited for.
var errStopped = errors.New("stopped")

// computeAll computes batches until there are no more.
func (p *pipeline) computeAll(ctx context.Context) error {
	for {
		b, ok, err := receive(ctx, p.decoded)
		if !ok {
			return err
		}
		if _, _, err := receive(ctx, b.ready); err != nil {
			return err
		}
		if err := p.compute(ctx, b); err != nil {
			return err
		}
		close(b.computed)
	}
}

// compute answers for a batch's pictures; those that could not be decoded
// become faults.
func (p *pipeline) compute(ctx context.Context, b *batch) error {
	var good []int
	x := &nn.Tensor{Data: b.x.Data[:0]}
	for i, file := range b.files {
		if errors.Is(b.errs[i], errStopped) {
			continue
		}
		if b.errs[i] != nil {
			b.faults = append(b.faults, fault{display(file), oneLine(hint(b.errs[i]))})
			continue
		}
		good = append(good, i)
		x.Data = append(x.Data, b.x.Image(i)...) // moves down, in place
	}
	if len(good) == 0 {
		return nil
	}
	x.Shape = nn.Shape{len(good), p.height, p.width, 3}
	p.device.start()
	y, err := p.engine.Run(ctx, x)
	p.device.stop()
	if err != nil {
		return err
	}
	for n, i := range good {
		b.answers = append(b.answers, answer{File: display(b.files[i]), Width: b.infos[i].Width, Height: b.infos[i].Height, Classes: p.best(y.Image(n))})
	}
	return nil
}

// writeAll hands out the answers in order and sends the batches round again.
func (p *pipeline) writeAll(ctx context.Context, write func([]answer, []fault) error) error {
	for {
		b, ok, err := receive(ctx, p.ordered)
		if !ok {
			return err
		}
		if _, _, err := receive(ctx, b.computed); err != nil {
			return err
		}
		if err := p.hand(b, write); err != nil {
			return err
		}
		_ = p.bar.Add(len(b.files))
		p.free <- b // which has room for all
	}
}

func (p *pipeline) hand(b *batch, write func([]answer, []fault) error) error {
	if n := len(b.answers); n > 0 {
		x := &nn.Tensor{Shape: nn.Shape{n, p.height, p.width, 3}, Data: b.x.Data[:n*p.height*p.width*3]}
		if err := p.dump.add(x); err != nil {
			return fmt.Errorf("--dump-input: %w", err)
		}
	}
	if len(b.faults) > 0 {
		_ = p.bar.Clear() // which the next picture draws again
	}
	for _, f := range b.faults {
		fmt.Fprintf(p.stderr, "vkeras: %s: %s\n", shown(f.File), shown(f.Error))
	}
	for i, file := range b.files {
		for _, w := range b.infos[i].Warnings {
			if b.errs[i] == nil {
				p.say("vkeras: %s: %s", shown(display(file)), w)
			}
		}
	}
	return write(b.answers, b.faults)
}

// stopwatch measures the time in which at least one of several things goes on.
type stopwatch struct {
	sync.Mutex
	going int
	since time.Time
	total time.Duration
}

func (s *stopwatch) start() {
	s.Lock()
	defer s.Unlock()
	if s.going++; s.going == 1 {
		s.since = time.Now()
	}
}

func (s *stopwatch) stop() {
	s.Lock()
	defer s.Unlock()
	if s.going--; s.going == 0 {
		s.total += time.Since(s.since)
	}
}

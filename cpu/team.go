package cpu

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/vkeras/vkeras/cpu/internal/simd"
)

// team is the threads that compute a net's batches, one batch at a time: the
// goroutine that asks, and workers. They take tiles of a step until none is left,
// and begin the next step when all tiles are done: nobody waits for a worker that
// has no tile, so that a core which is busy with something else is done without.
// They spin for the short while that a step's last tile takes, and sleep when it
// takes longer. Steps of kernels in C have workers of their own, a crew.
type team struct {
	threads int
	crew    *simd.Crew   // nil: kernels are in Go
	memory  *simd.Memory // the workers' scratch
	scratch int64        // bytes of each

	turn    chan struct{} // held by the run that is under way
	current atomic.Pointer[run]
	mu      sync.Mutex
	wake    *sync.Cond // current has changed, or the team is closed
	closed  bool
	workers sync.WaitGroup
}

// run is steps in Go that follow one another.
type run struct {
	work    []work
	steps   []progress
	stopped atomic.Bool
	inside  atomic.Int64 // workers that may take tiles
	mu      sync.Mutex
	done    *sync.Cond // a step is done
	waiting atomic.Int64
}

// progress is how far a step is, in a cache line of its own.
type progress struct {
	next, done atomic.Int64
	_          [48]byte
}

// spins is how often a thread looks before it sleeps: some 20 microseconds.
const spins = 20000

// newTeam starts the workers.
func newTeam(threads int, set *simd.Set) (*team, error) {
	t := &team{threads: threads, scratch: (int64(set.Scratch) + simd.Align - 1) / simd.Align * simd.Align, turn: make(chan struct{}, 1)}
	t.wake = sync.NewCond(&t.mu)
	var err error
	if t.memory, err = simd.Allocate(int64(threads) * t.scratch); err != nil {
		return nil, err
	}
	if t.crew, err = set.NewCrew(threads); err != nil {
		t.memory.Free()
		return nil, err
	}
	for i := 1; i < threads; i++ {
		t.workers.Go(func() { t.serve(i) })
		if t.crew != nil {
			t.workers.Go(func() { t.crew.Work(i, t.of(i)) })
		}
	}
	return t, nil
}

// of returns a worker's scratch.
func (t *team) of(worker int) unsafe.Pointer {
	if t.scratch == 0 {
		return nil
	}
	return unsafe.Pointer(&t.memory.Bytes()[int64(worker)*t.scratch])
}

// close ends the workers. No run may be under way.
func (t *team) close() {
	if t == nil {
		return
	}
	t.mu.Lock()
	t.closed = true
	t.wake.Broadcast()
	t.mu.Unlock()
	t.current.Store(&run{}) // spinning workers look again
	t.crew.Close()
	t.workers.Wait()
	t.crew.Free()
	t.memory.Free()
}

// run does the work, step by step. It returns when no worker touches the batch's
// memory any more: with ctx's error if ctx was done, for some is then left out.
// done, unless nil, is called behind each piece of work.
func (t *team) run(ctx context.Context, all []work, done func(i int)) error {
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-t.turn }()
	for i := 0; i < len(all); {
		if err := ctx.Err(); err != nil {
			return err
		}
		next := stretch(all, i)
		if done != nil {
			next = i + 1
		}
		var err error
		if w := all[i]; w.sequence != nil {
			err = t.crew.Run(ctx, w.sequence, w.at, next-i, t.of(0))
		} else {
			err = t.inGo(ctx, all[i:next])
		}
		if err != nil {
			return err
		}
		if done != nil {
			done(i)
		}
		i = next
	}
	return nil
}

// stretch returns the end of the steps from i on that follow one another in a
// sequence, or that are all in Go.
func stretch(all []work, i int) int {
	first, n := all[i], 1
	for i+n < len(all) && all[i+n].sequence == first.sequence && (first.sequence == nil || all[i+n].at == first.at+n) {
		n++
	}
	return i + n
}

// inGo runs steps in Go.
func (t *team) inGo(ctx context.Context, steps []work) error {
	r := &run{work: steps, steps: make([]progress, len(steps))}
	r.done = sync.NewCond(&r.mu)
	if t.threads > 1 {
		t.current.Store(r)
		t.mu.Lock()
		t.wake.Broadcast()
		t.mu.Unlock()
	}
	for i := range steps {
		if ctx.Err() != nil {
			r.stop()
			break
		}
		r.step(i, 0)
	}
	// Workers that come late find no tile, but those of a run that was stopped
	// may be in one.
	if r.stopped.Load() {
		for r.inside.Load() > 0 {
			runtime.Gosched()
		}
		return ctx.Err()
	}
	return nil
}

// stop ends a run, as soon as the tiles that are begun are done.
func (r *run) stop() {
	r.mu.Lock()
	r.stopped.Store(true)
	r.done.Broadcast()
	r.mu.Unlock()
}

// serve is a worker's life.
func (t *team) serve(worker int) {
	var last *run
	for {
		r := t.next(last)
		if r == nil {
			return
		}
		r.inside.Add(1)
		for i := range r.work {
			if r.stopped.Load() {
				break
			}
			r.step(i, worker)
		}
		r.inside.Add(-1)
		last = r
	}
}

// next waits for another run than the last; nil: the team is closed.
func (t *team) next(last *run) *run {
	for range spins {
		if r := t.current.Load(); r != last {
			break
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for !t.closed && t.current.Load() == last {
		t.wake.Wait()
	}
	if t.closed {
		return nil
	}
	return t.current.Load()
}

// step takes tiles of a step until there are none, and returns when all are done
// or the run is stopped.
func (r *run) step(i, worker int) {
	w, p := &r.work[i], &r.steps[i]
	tiles := int64(w.tiles)
	for {
		tile := p.next.Add(1) - 1
		if tile >= tiles {
			break
		}
		w.do(int(tile), worker)
		if p.done.Add(1) == tiles && r.waiting.Load() > 0 {
			r.mu.Lock()
			r.done.Broadcast()
			r.mu.Unlock()
		}
	}
	for range spins {
		if p.done.Load() == tiles {
			return
		}
	}
	r.waiting.Add(1)
	r.mu.Lock()
	for p.done.Load() < tiles && !r.stopped.Load() {
		r.done.Wait()
	}
	r.mu.Unlock()
	r.waiting.Add(-1)
}

package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// What WorkOptions have by default.
const (
	DefaultStall      = 5 * time.Minute
	DefaultDrainLimit = 30 * time.Second
)

const (
	maxStarts  = 3 // of children in a row that end with nothing to do
	maxBlamed  = 3 // different items in a row that a child ends on
	firstPause = time.Second
	mostPause  = 30 * time.Second
)

// ErrWorker says that the child process is of no use here.
var ErrWorker = errors.New("the worker does not work")

// WorkOptions say how to work.
type WorkOptions struct {
	Program    Program
	Batch      int             // items that the program computes at once; twice as many are held
	UntilDone  bool            // end when the job is complete; else wait for more
	Drain      <-chan struct{} // closed to have what is held finished, and no more taken
	DrainLimit time.Duration   // for that (default DefaultDrainLimit)
	Stall      time.Duration   // for which a child may be silent over what it was given (default DefaultStall)
	Log        *slog.Logger    // nil: silent
}

// task is an item that was delivered, until it is acknowledged or given back.
type task struct {
	item      Item
	key       string
	msg       jetstream.Msg
	seq       uint64
	delivered int    // times, this one included
	answers   []byte // to a shard, so far
}

// suspect tells whether an item may be what ended the worker that had it before.
func (t *task) suspect() bool { return t.delivered > 1 }

// work is a Work on its way. One goroutine, loop, owns the fields; others fetch and
// store, and tell it by the channels.
type work struct {
	*Job
	o          WorkOptions
	consumer   jetstream.Consumer
	ackWait    time.Duration
	maxDeliver int

	child    *child          // nil between two of them
	ready    bool            // the child has opened its model
	starts   int             // of children in a row that ended with nothing to do
	blamed   map[string]bool // items that children in a row ended on
	opening  time.Duration   // of the model
	restart  <-chan time.Time
	started  time.Time
	activity time.Time // last that the child showed, or was given

	waiting  []*task // fetched, not given to the child
	given    []*task // to the child, in order, not answered
	held     map[*task]bool
	careful  bool // hold one item at a time
	shards   bool // that come: hold two
	fetching bool
	draining bool
	done     int

	fetched chan *task
	ended   chan fetchEnd
	stored  chan *task
	group   sync.WaitGroup
}

// Work takes items, has them answered by a child process, and stores the answers,
// until the job is complete or o.Drain is closed: then it finishes what it holds, as far
// as that takes no longer than o.DrainLimit, and returns nil. When ctx ends it gives back what it holds and returns at once.
//
// A child that ends over items is started again, and they are delivered again; one
// that cannot even start, or that ends on one item after the other, ends Work with
// ErrWorker.
func (j *Job) Work(ctx context.Context, o WorkOptions) error {
	if o.Batch < 1 {
		return fmt.Errorf("a batch of %d: expected 1 or more", o.Batch)
	}
	if o.Stall == 0 {
		o.Stall = DefaultStall
	}
	if o.DrainLimit == 0 {
		o.DrainLimit = DefaultDrainLimit
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c, err := j.js.Consumer(ctx, j.tasks(), workers)
	if err != nil {
		return j.explain(err)
	}
	config := c.CachedInfo().Config
	w := &work{
		Job: j, o: o, consumer: c, ackWait: config.AckWait, maxDeliver: config.MaxDeliver,
		held: map[*task]bool{}, blamed: map[string]bool{}, careful: true, // what ended a worker may come first
		fetched: make(chan *task), ended: make(chan fetchEnd), stored: make(chan *task),
	}
	ctx, cancel := context.WithCancel(ctx)
	err = w.begin()
	if err == nil {
		err = w.loop(ctx)
	}
	cancel()
	w.leave(err)
	return err
}

// begin starts a child.
func (w *work) begin() (err error) {
	w.child, err = w.o.Program.start(4*w.o.Batch + 1)
	w.ready, w.restart, w.started, w.activity = false, nil, time.Now(), time.Now()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrWorker, err)
	}
	return nil
}

func (w *work) loop(ctx context.Context) error {
	tick := time.NewTicker(max(w.ackWait/3, 10*time.Millisecond))
	defer tick.Stop()
	drain := w.o.Drain
	var limit <-chan time.Time
	for !w.draining || w.fetching || len(w.held) > 0 {
		w.give()
		w.fetch(ctx)
		var answers chan []byte
		var dead chan struct{}
		if w.child != nil {
			answers, dead = w.child.answers, w.child.ended
		}
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-drain:
			w.draining, drain, limit = true, nil, time.After(w.o.DrainLimit)
			w.o.Log.Info("finishing what is held", "items", len(w.held))
		case <-limit:
			return fmt.Errorf("job %s: %d items were not finished in %v, and are given back", w.name, len(w.held), w.o.DrainLimit)
		case t := <-w.fetched:
			w.take(t)
		case end := <-w.ended:
			w.fetching, err = false, end.err
			w.draining = w.draining || end.done
		case answer := <-answers:
			err = w.answered(ctx, answer)
		case <-dead:
			err = w.died(ctx)
		case <-w.restart:
			err = w.begin()
		case t := <-w.stored:
			delete(w.held, t)
		case <-tick.C:
			w.tick()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take adds an item to those that wait.
func (w *work) take(t *task) {
	w.held[t] = true
	w.waiting = append(w.waiting, t)
	w.careful = w.careful || t.suspect()
	w.shards = t.item.shard()
}

// give passes on to the child what waits; a suspect alone.
func (w *work) give() {
	for w.ready && len(w.waiting) > 0 {
		t := w.waiting[0]
		if len(w.given) > 0 && (t.suspect() || w.given[0].suspect()) {
			return
		}
		if len(w.given) == 0 {
			w.activity = time.Now()
		}
		w.waiting, w.given = w.waiting[1:], append(w.given, t)
		w.child.lines <- t.item.Line // has room for all that may be given
		if t.item.shard() {
			w.child.lines <- []byte(readyLine)
		}
	}
}

// answered stores what the child says to the first item that it has.
func (w *work) answered(ctx context.Context, answer []byte) error {
	w.activity = time.Now()
	if !w.ready {
		if !saysReady(answer) {
			return fmt.Errorf("%w: it did not say that it is ready, but: %.200s", ErrWorker, answer)
		}
		w.ready, w.opening = true, time.Since(w.started)
		w.o.Log.Info("ready", "job", w.name)
		return nil
	}
	if len(w.given) == 0 {
		return fmt.Errorf("%w: a line that nothing asked for: %.200s", ErrWorker, answer)
	}
	t := w.given[0]
	switch {
	case t.item.shard() && saysReady(answer):
		if answer = bytes.TrimSpace(t.answers); len(answer) == 0 {
			answer = t.item.failure("no pictures in it")
		}
	case t.item.answeredBy(answer) != nil:
		return fmt.Errorf("%w: %w", ErrWorker, t.item.answeredBy(answer))
	case t.item.shard():
		if len(t.answers) < maxAnswerBytes { // which no server takes
			t.answers = append(append(t.answers, answer...), '\n')
		}
		return nil
	}
	w.given = w.given[1:]
	w.careful = w.careful && t.suspect()
	w.starts = 0
	clear(w.blamed)
	w.done++
	w.group.Go(func() {
		w.store(ctx, t, answer)
		w.tell(ctx, t)
	})
	return nil
}

// tell says that an item is not held any more.
func (w *work) tell(ctx context.Context, t *task) {
	select {
	case w.stored <- t:
	case <-ctx.Done():
	}
}

// died gives back what the child had, and has another one started.
func (w *work) died(ctx context.Context) error {
	why, refused := w.child.why(), w.child.refused()
	w.child.stop(true)
	if len(w.given) > 0 {
		w.blamed[w.given[0].key] = true
		if len(w.blamed) == maxBlamed {
			return fmt.Errorf("%w: it ended on %d items in a row: %s", ErrWorker, maxBlamed, why)
		}
	} else if w.starts++; w.starts == maxStarts || refused && !w.ready {
		return fmt.Errorf("%w: it ended before it had anything to do: %s", ErrWorker, why)
	}
	w.o.Log.Warn("the worker ended; starting another", "why", why, "items", len(w.given))
	w.child, w.ready, w.careful = nil, false, true
	for _, t := range w.given {
		if t.delivered < w.maxDeliver {
			w.again(t)
			continue
		}
		w.group.Go(func() {
			w.giveUp(ctx, t, why)
			w.tell(ctx, t)
		})
	}
	w.given = nil
	w.restart = time.After(backoff(w.starts, firstPause, mostPause) * time.Duration(min(w.starts, 1)))
	return nil
}

// again has an item delivered again, but after others: a child that ends on each of
// them is told from an item that ends each child.
func (w *work) again(t *task) {
	_ = t.msg.NakWithDelay(backoff(t.delivered, firstPause, mostPause) + 3*w.opening) // or AckWait ends
	delete(w.held, t)
}

// giveUp buries an item that no worker survived. If it cannot, the server's advisory
// has it buried later.
func (w *work) giveUp(ctx context.Context, t *task, why string) {
	w.o.Log.Error("given up", "item", t.item.String(), "deliveries", t.delivered, "why", why)
	for n := 1; n <= 5; n++ {
		err := w.bury(ctx, t.seq, t.key, t.dead(why))
		if err == nil || !pause(ctx, backoff(n, 200*time.Millisecond, 5*time.Second)) {
			return
		}
		w.o.Log.Warn("the list of the dead", "err", err)
	}
}

func (t *task) dead(reason string) Dead {
	return Dead{ID: t.item.ID, Path: t.item.Path, Deliveries: t.delivered, Reason: reason, Time: time.Now().UTC(), Line: t.item.Line}
}

// tick keeps what is held from being delivered to others, and ends a child that hangs.
func (w *work) tick() {
	for t := range w.held {
		_ = t.msg.InProgress() // or it is delivered again
	}
	if w.child != nil && (!w.ready || len(w.given) > 0) && time.Since(w.activity) > w.o.Stall {
		w.o.Log.Error("the worker is silent; killing it", "for", w.o.Stall)
		w.activity = time.Now()
		killGroup(w.child.cmd)
	}
}

// leave gives back what is held and ends the child.
func (w *work) leave(err error) {
	for t := range w.held {
		_ = t.msg.Nak() // or AckWait ends
	}
	if w.child != nil {
		w.child.stop(err != nil)
	}
	w.group.Wait()
	w.o.Log.Info("ended", "answered", w.done)
}

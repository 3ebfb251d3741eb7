package classify

import (
	"context"
	"errors"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
)

// Source puts the items of a run into it, in order, and returns after the last.
// It ends soon, with an error, when ctx or the intake does.
type Source func(ctx context.Context, in *Intake) error

// picture is one on its way from its file to its answer.
type picture struct {
	Answer
	shard *shard    // the file that it is in; nil: it is a file of its own
	x     []float32 // what was read: for a net, HWC; or
	rgb   []byte    // for a shard, HWC
	ready chan struct{}
	since time.Time // it is ready
}

// errStopped is a picture that was not waited for, or begun.
var errStopped = errors.New("stopped")

// ErrNoShards is a shard in a run that takes none.
var ErrNoShards = errors.New("a shard of pictures, where one picture is wanted")

// Intake takes the items of a [Source]. It reads pictures on all cores, and
// queues them in the order in which they were put in. It holds so many at most:
// who puts more in waits until some have left the queue.
type Intake struct {
	stop     context.Context                 // begins no more when cancelled
	read     func(context.Context, *picture) // sets what was read, or Err
	from     Source
	stages   *stages
	reader   *Reader            // whose shards are taken; nil: none are opened
	skip     func(*Answer) bool // passes pictures over; nil: none
	noShards bool               // a shard is an error
	batch    int                // pictures of a batch

	room  chan struct{} // a value for each picture that may be put in
	jobs  chan *picture
	queue chan *picture // in order, perhaps still being read; nil: no other waits now
	left  time.Time     // put or idle
}

// start begins in the group; room is how many pictures it holds.
func (p *Intake) start(ctx context.Context, group *errgroup.Group, room int) {
	p.room, p.jobs, p.queue = make(chan struct{}, room), make(chan *picture, room), make(chan *picture, room)
	for range room {
		p.room <- struct{}{}
	}
	group.Go(func() error { return p.feed(ctx) })
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error { return p.readAll(ctx) })
	}
}

// feed puts all pictures in.
func (p *Intake) feed(ctx context.Context) error {
	defer close(p.queue)
	defer close(p.jobs)
	p.left = time.Now()
	err := p.from(ctx, p)
	p.stages.input += time.Since(p.left)
	if errors.Is(err, errStopped) {
		return nil
	}
	return err
}

// put takes a picture in. One that has an error already only takes its turn.
func (p *Intake) put(ctx context.Context, pic *picture) error {
	p.stages.input += time.Since(p.left)
	defer func() { p.left = time.Now() }()
	if _, _, err := receive(ctx, p.room); err != nil {
		return err
	}
	if p.stop.Err() != nil {
		return errStopped
	}
	pic.ready = make(chan struct{})
	if err := send(ctx, p.queue, pic); err != nil {
		return err
	}
	return send(ctx, p.jobs, pic)
}

// Idle says that no other item waits now, so that a batch goes though it is not
// full.
func (p *Intake) Idle(ctx context.Context) error {
	p.stages.input += time.Since(p.left)
	defer func() { p.left = time.Now() }()
	return send(ctx, p.queue, nil)
}

// Add puts in the pictures of an item: the one that it is or, for a .npy file,
// those in it, as long as none of them fails. Those that have answers already are
// passed over.
func (p *Intake) Add(ctx context.Context, item Item) error {
	file := picture{Answer: Answer{Item: item, Index: -1}}
	if p.passOver(&file) {
		return nil
	}
	if item.Err != nil || p.reader == nil || !IsShard(item.Path) || item.Stdin {
		return p.put(ctx, &file)
	}
	if p.noShards {
		file.Err = ErrNoShards
		return p.put(ctx, &file)
	}
	s, err := openShard(item.Path, p.reader)
	if err != nil {
		file.Err = err
		return p.put(ctx, &file)
	}
	defer s.release()
	for i := range s.count {
		pic := file
		pic.shard, pic.Index = s, i
		if s.broken.Load() {
			return nil
		}
		if p.passOver(&pic) {
			continue
		}
		s.retain()
		if err := p.put(ctx, &pic); err != nil {
			s.release()
			return err
		}
	}
	return nil
}

func (p *Intake) passOver(pic *picture) bool { return p.skip != nil && p.skip(&pic.Answer) }

// leave makes room for another picture, now that one has left the queue.
func (p *Intake) leave() { p.room <- struct{}{} }

// readAll reads pictures until there are no more.
func (p *Intake) readAll(ctx context.Context) error {
	until, cancel := either(ctx, p.stop)
	defer cancel()
	for {
		pic, ok, err := receive(ctx, p.jobs)
		if !ok {
			return err
		}
		if pic.Err == nil {
			begin := time.Now()
			p.read(until, pic)
			if until.Err() != nil && errors.Is(pic.Err, until.Err()) {
				pic.Err = errStopped
			}
			pic.since = time.Now()
			p.stages.decode.Add(int64(pic.since.Sub(begin)))
		}
		close(pic.ready)
	}
}

// either returns a context that ends when one of two does. Its cancel function
// must be called.
func either(a, b context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(a)
	release := context.AfterFunc(b, cancel)
	return ctx, func() { release(); cancel() }
}

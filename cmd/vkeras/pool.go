package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/resnet/pictures"
)

// picture is one on its way from its file to its answer.
type picture struct {
	id    json.RawMessage // of a worker's line
	path  string
	stdin bool   // path stands for standard input
	shard *shard // the file that it is in; nil: it is a file of its own
	index int    // in the shard, alone there -1

	info  pictures.Info
	err   error     // nil: it was read
	x     []float32 // for a net, HWC; or
	rgb   []byte    // for a shard, HWC
	ready chan struct{}
	since time.Time // it is ready

	classes []class
}

// alone returns the picture that is a file, or all those of a shard.
func alone(path string) picture { return picture{path: path, index: -1} }

// name tells the picture from all others.
func (p *picture) name() string {
	switch {
	case p.stdin:
		return display(p.path)
	case p.index >= 0:
		return fmt.Sprintf("%s#%d", p.path, p.index)
	}
	return p.path
}

// errStopped is a picture that was not waited for, or begun.
var errStopped = errors.New("stopped")

// errNoShards is a shard where one answer is wanted.
var errNoShards = errors.New("a shard of pictures, which --no-shards refuses")

// pool reads pictures on all cores, and queues them in the order in which they
// were put in. It holds so many at most: who puts more in waits until some have
// left the queue.
type pool struct {
	stop   context.Context                    // begins no more when cancelled
	read   func(context.Context, *picture)    // sets what was read, or err
	from   func(context.Context, *pool) error // puts pictures in, in its turn
	stages *stages
	// noShards makes a shard an error, for who wants one answer for each file.
	noShards bool

	room  chan struct{} // a value for each picture that may be put in
	jobs  chan *picture
	queue chan *picture // in order, perhaps still being read; nil: no other waits now
	left  time.Time     // put or idle
}

// start begins the pool in the group; room is how many pictures it holds.
func (p *pool) start(ctx context.Context, group *errgroup.Group, room int) {
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
func (p *pool) feed(ctx context.Context) error {
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
func (p *pool) put(ctx context.Context, pic *picture) error {
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

// idle says that no other picture waits now.
func (p *pool) idle(ctx context.Context) error {
	p.stages.input += time.Since(p.left)
	defer func() { p.left = time.Now() }()
	return send(ctx, p.queue, nil)
}

// add puts in the pictures of a file: the one that it is or, for a .npy file,
// those in it, as long as none of them fails. Those that skip says are passed
// over.
func (p *pool) add(ctx context.Context, file picture, k *pictureInput, skip func(*picture) bool) error {
	if skip(&file) {
		return nil
	}
	if file.err != nil || !isShard(file.path) || file.stdin {
		return p.put(ctx, &file)
	}
	if p.noShards {
		file.err = errNoShards
		return p.put(ctx, &file)
	}
	s, err := openShard(file.path, k)
	if err != nil {
		file.err = err
		return p.put(ctx, &file)
	}
	defer s.release()
	for i := range s.count {
		pic := file
		pic.shard, pic.index = s, i
		if s.broken.Load() {
			return nil
		}
		if skip(&pic) {
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

// leave makes room for another picture, now that one has left the queue.
func (p *pool) leave() { p.room <- struct{}{} }

// readAll reads pictures until there are no more.
func (p *pool) readAll(ctx context.Context) error {
	for {
		pic, ok, err := receive(ctx, p.jobs)
		if !ok {
			return err
		}
		if pic.err == nil {
			begin := time.Now()
			p.read(ctx, pic)
			pic.since = time.Now()
			p.stages.decode.Add(int64(pic.since.Sub(begin)))
		}
		close(pic.ready)
	}
}

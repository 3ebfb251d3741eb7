package classify

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// Run classifies the pictures that the source names, on a net that maps (H, W, 3) to
// (classes), and hands out batches of answers in the source's order, one at a time.
// A picture that cannot be read is an answer with an error; of a shard that fails in
// its midst one answer stands for the rest.
//
// When ctx is cancelled Run begins no more pictures, hands out the answers of those
// that it has begun, and returns ctx's error. A net that fails, a source's error and
// one of write end it at once. The stats are of what was done, whatever the error.
func Run(ctx context.Context, net engine.Net, from Source, o Options, write func(*Batch) error) (*Stats, error) {
	o.Top, o.Batch = cmp.Or(o.Top, 1), cmp.Or(o.Batch, defaultBatch)
	if o.Top < 1 || o.Batch < 1 || o.Height < 1 || o.Width < 1 {
		return nil, fmt.Errorf("classify: pictures of %d x %d pixels, batches of %d, the best %d classes: expected 1 or more of each", o.Height, o.Width, o.Batch, o.Top)
	}
	if o.Pictures.Admit == nil {
		o.Pictures.Admit = pictures.AtOnce(pictures.DefaultPixelsAtOnce)
	}
	device := net.Device()
	s := &stages{cores: runtime.GOMAXPROCS(0), begin: time.Now()}
	p := &pipeline{o: o, net: net, runs: max(device.Info().InFlight, 1), write: write}
	p.Intake = Intake{stop: ctx, from: from, stages: s, reader: &p.o.Reader, skip: o.Skip, noShards: o.NoShards, batch: o.Batch, read: p.read}
	err := p.run()
	s.wall = time.Since(s.begin)
	if err == nil {
		err = ctx.Err()
	}
	stats := s.report()
	stats.Device, stats.Precision, stats.Batch = device.String(), net.Precision(), o.Batch
	return stats, err
}

package profile

import (
	"context"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/nn"
)

// Bench is a net whose whole runs are timed, from input in memory to output in
// memory, with one batch of images.
type Bench struct {
	Device          string    `json:"device"`
	Model           string    `json:"model"`
	Batch           int       `json:"batch"`
	Precision       string    `json:"precision"`
	LatencyMS       Latencies `json:"latency_ms"`
	ImagesPerSecond float64   `json:"images_per_second"` // over the median latency; of all runs in flight together

	net      engine.Net
	input    *nn.Tensor
	inFlight int
	times    []float64 // of runs, in ms
	turns    []float64 // of turns, in ms
}

// Latencies is the distribution of runs' times.
type Latencies struct {
	Min float64 `json:"min"`
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
}

// NewBench returns a bench of the net, which has one input and one output, on that
// batch (N, ...) and with so many runs under way at a time.
func NewBench(net engine.Net, model string, input *nn.Tensor, inFlight int) *Bench {
	return &Bench{
		Device: net.Device().String(), Model: model, Batch: input.Shape[0], Precision: string(net.Precision()),
		net: net, input: input, inFlight: inFlight,
	}
}

// Plain reports whether the bench is of the plain Go reference.
func (b *Bench) Plain() bool { return b.net.Device().Info().Plain }

// Footprint is what the bench's net holds on its device.
func (b *Bench) Footprint() BenchMemory {
	m := b.net.Footprint()
	return BenchMemory{b.Device, b.Batch, m.Weights, m.Arena, m.Staging, m.InFlight, m.Total()}
}

// Close closes the net.
func (b *Bench) Close() error { return b.net.Close() }

// BenchMemory is what a bench's net holds on its device, in bytes: all that it
// will ever hold. Peak is 0 where the device does not tell.
type BenchMemory struct {
	Device   string `json:"device"`
	Batch    int    `json:"batch"`
	Weights  int64  `json:"weights_bytes"`
	Arena    int64  `json:"arena_bytes"` // of one run in flight
	Staging  int64  `json:"staging_bytes"`
	InFlight int    `json:"in_flight"`
	Peak     int64  `json:"peak_bytes"`
}

// patience bounds how long the reference is timed, after its first run.
const patience = 3 * time.Second

// warmth is how long each is warmed up at least: behind the loading of a model the
// first runs of some milliseconds take longer than those that follow.
const warmth = 200 * time.Millisecond

// RunBenches warms each up and gives each so many runs, taken in turn, so that a
// noisy moment of the machine hits all alike. The reference stops after three
// seconds.
func RunBenches(ctx context.Context, list []*Bench, runs int) error {
	debug.FreeOSMemory() // what loading has left is not collected while runs are timed
	for _, b := range list {
		for begin := time.Now(); !b.Plain() && time.Since(begin) < warmth; { // plain Go has nothing to warm up
			if err := b.turn(ctx); err != nil {
				return err
			}
		}
		b.times, b.turns = nil, nil
	}
	spent := map[*Bench]time.Duration{}
	for range runs {
		for _, b := range list {
			if b.Plain() && spent[b] > patience {
				continue
			}
			begin := time.Now()
			if err := b.turn(ctx); err != nil {
				return err
			}
			spent[b] += time.Since(begin)
		}
	}
	for _, b := range list {
		b.summarize()
	}
	return nil
}

// turnsInFlight is how many runs a turn has for each that is in flight: the
// first and the last of them have less company.
const turnsInFlight = 4

// turn times one run, or, where several are in flight, some of each.
func (b *Bench) turn(ctx context.Context) error {
	count := 1
	if b.inFlight > 1 {
		count = turnsInFlight * b.inFlight
	}
	times := make([]float64, count)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(b.inFlight)
	begin := time.Now()
	for i := range count {
		group.Go(func() error {
			begin := time.Now()
			_, err := b.net.Run(ctx, b.input)
			times[i] = ms(time.Since(begin))
			return err
		})
	}
	err := group.Wait()
	b.turns = append(b.turns, ms(time.Since(begin)))
	b.times = append(b.times, times...)
	return err
}

func (b *Bench) summarize() {
	slices.Sort(b.times)
	slices.Sort(b.turns)
	at := func(p float64) float64 { return stat.Quantile(p, stat.Empirical, b.times, nil) }
	b.LatencyMS = Latencies{b.times[0], at(0.5), at(0.9), at(0.99)}
	perTurn := len(b.times) / len(b.turns)
	b.ImagesPerSecond = 1000 * float64(b.Batch*perTurn) / stat.Quantile(0.5, stat.Empirical, b.turns, nil)
}

// Noise returns values as pictures have them after scaling by 1/255, the same each
// time: an input to time a net with.
func Noise(shape nn.Shape) *nn.Tensor {
	rng := rand.New(rand.NewPCG(1, 2))
	t := nn.NewTensor(shape...)
	for i := range t.Data {
		t.Data[i] = rng.Float32()
	}
	return t
}

package cpu

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
	"unsafe"

	"github.com/vkeras/vkeras/cpu/internal/simd"
)

// Roof is what the processor can do at most with all threads: the roof of
// Williams, Waterman and Patterson's model ("Roofline", Communications of the ACM
// 52(4), 2009), as its own kernels reach it on what is easiest for them.
type Roof struct {
	FLOPS              float64       // float32 operations a second, of a product that stays in the nearest cache
	CopyBytesPerSecond float64       // read and written
	ReadBytesPerSecond float64       // read alone
	Step               time.Duration // the least that a step takes: what the threads wait for one another
}

const (
	roofTries = 25        // of which the best counts: noise only slows down, and short ones slip between it
	roofBytes = 128 << 20 // to read, beyond the caches of most processors
	roofTiles = 8         // for each thread
)

// MeasureRoof measures the processor, with the kernels and threads of the
// options, in about a second. Nothing else should run meanwhile.
func MeasureRoof(ctx context.Context, o Options) (r Roof, err error) {
	o, set, err := o.complete()
	if err != nil {
		return Roof{}, err
	}
	from, err := simd.Allocate(roofBytes)
	if err != nil {
		return Roof{}, err
	}
	defer from.Free()
	to, err := simd.Allocate(roofBytes)
	if err != nil {
		return Roof{}, err
	}
	defer to.Free()
	t, err := newTeam(o.Threads, set)
	if err != nil {
		return Roof{}, err
	}
	for i := 0; i < roofBytes; i += 4096 {
		from.Bytes()[i] = 0 // memory that was never written is one page of zeros, in the cache
	}
	m := &roofMeter{ctx: ctx, team: t, set: set, from: from, to: to, tiles: o.Threads * roofTiles}
	defer m.free()
	var errs [4]error
	r.FLOPS, errs[0] = m.flops()
	r.CopyBytesPerSecond, errs[1] = m.copied()
	r.ReadBytesPerSecond, errs[2] = m.read()
	r.Step, errs[3] = m.step()
	if err := errors.Join(errs[:]...); err != nil {
		return Roof{}, fmt.Errorf("measure the roof of the processor: %w", err)
	}
	return r, nil
}

// roofMeter has memory to read and to write.
type roofMeter struct {
	ctx       context.Context
	team      *team
	set       *simd.Set
	from, to  *simd.Memory
	tiles     int
	sequences []*simd.Sequence
}

func (m *roofMeter) free() {
	m.team.close()
	for _, q := range m.sequences {
		q.Free()
	}
}

// best returns the shortest time of some steps, in seconds.
func (m *roofMeter) best(steps ...[]simd.Call) (float64, error) {
	all := make([]work, len(steps))
	for i, calls := range steps {
		all[i] = workOf(m.set, m.team, calls)
	}
	q, err := seal(m.set, m.team, all)
	if err != nil {
		return 0, err
	}
	m.sequences = append(m.sequences, q)
	best := math.Inf(1)
	for range roofTries {
		begin := time.Now()
		if err := m.team.run(m.ctx, all, nil); err != nil {
			return 0, err
		}
		best = min(best, time.Since(begin).Seconds())
	}
	return best, nil
}

// each returns a call for each tile.
func (m *roofMeter) each(of func(tile int) simd.Call) []simd.Call {
	calls := make([]simd.Call, m.tiles)
	for i := range calls {
		calls[i] = of(i)
	}
	return calls
}

func (m *roofMeter) flops() (float64, error) {
	const depth, turns = 128, 40
	rows, filters := 2*m.set.Rows, m.set.Width*m.set.Vectors
	if m.set.Scratch == 0 {
		rows = 16 // the kernels in Go have no blocks
	}
	room := int64(4 * (rows*depth + depth*filters + filters + rows*filters)) // of a tile
	lowest, highest := unbounded()
	var calls []simd.Call
	for tile := range m.tiles {
		at := (int64(tile)*room + simd.Align - 1) / simd.Align * simd.Align
		x := m.from.Float(at)
		weights := offset(x, rows*depth)
		shift := offset(weights, depth*filters)
		for range turns {
			calls = append(calls, &simd.Product{
				X: x, Weights: unsafe.Pointer(weights), Shift: shift, Y: offset(shift, filters),
				Height: 1, Width: 1, Depth: depth, XStep: depth, OutHeight: 1, OutWidth: 1, Filters: int64(filters), YStep: int64(filters),
				Size: [2]int64{1, 1}, Stride: [2]int64{1, 1}, Dilation: [2]int64{1, 1}, ToRow: int64(rows), ToStrip: 1, Lowest: lowest, Highest: highest,
			})
		}
	}
	seconds, err := m.best(calls)
	return 2 * float64(m.tiles) * turns * float64(rows) * depth * float64(filters) / seconds, err
}

func (m *roofMeter) copied() (float64, error) {
	floats := roofBytes / 4
	lowest, highest := unbounded()
	seconds, err := m.best(m.each(func(tile int) simd.Call {
		from, to := cut(floats, m.tiles, tile)
		return &simd.Map{
			X: offset(m.from.Float(0), from), Y: offset(m.to.Float(0), from), Rows: 1, Columns: int64(to - from), Lowest: lowest, Highest: highest,
		}
	}))
	return 2 * roofBytes / seconds, err
}

func (m *roofMeter) read() (float64, error) {
	const channels = 16
	positions := roofBytes / 4 / channels
	seconds, err := m.best(m.each(func(tile int) simd.Call {
		from, to := cut(positions, m.tiles, tile)
		return &simd.Reduce{
			X: offset(m.from.Float(0), from*channels), Y: offset(m.to.Float(0), tile*channels), Positions: int64(to - from),
			Channels: channels, ToChannel: channels, Kind: simd.Largest,
		}
	}))
	return roofBytes / seconds, err
}

// step times many steps that do nothing.
func (m *roofMeter) step() (time.Duration, error) {
	const steps = 500
	all := make([][]simd.Call, steps)
	for i := range all {
		all[i] = m.each(func(int) simd.Call { return &simd.Map{X: m.from.Float(0), Y: m.to.Float(0)} })[:m.team.threads]
	}
	seconds, err := m.best(all...)
	return time.Duration(seconds / steps * float64(time.Second)), err
}

package gpu

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/gpu/internal/vulkan"
	"github.com/vkeras/vkeras/shaders"
)

// Roof is what a device can do at most: the roof of Williams, Waterman and
// Patterson's model ("Roofline", Communications of the ACM 52(4), 2009), as
// three small kernels reach it.
type Roof struct {
	FLOPS              float64       // float32 operations a second; a multiplication and an addition are two
	CopyBytesPerSecond float64       // read and written
	ReadBytesPerSecond float64       // read alone
	Dispatch           time.Duration // the least that a dispatch with its barrier takes
}

// BytesPerSecond is the better of the two ways to use the memory.
func (r Roof) BytesPerSecond() float64 { return max(r.CopyBytesPerSecond, r.ReadBytesPerSecond) }

const (
	roofLeast = 5 * time.Millisecond // a measured submission: handing it over is then about 1 % of it
	roofTries = 25                   // of which the best counts: noise only slows down, and short ones slip between it
)

// MeasureRoof measures the device, in about a second. Nothing else should run
// on it meanwhile.
func (d *Device) MeasureRoof(ctx context.Context) (Roof, error) {
	if d.info.CompilesOnly {
		return Roof{}, fmt.Errorf("%s: %w", d.info.Name, ErrCompilesOnly)
	}
	if err := d.Retain(); err != nil {
		return Roof{}, err
	}
	defer d.Drop()
	m := &roofMeter{device: d}
	defer m.free()
	err := m.prepare()
	var r Roof
	for _, measure := range []func(context.Context, *Roof) error{m.fma, m.copy, m.read, m.dispatch} {
		if err == nil {
			err = measure(ctx, &r)
		}
	}
	if err != nil {
		return Roof{}, fmt.Errorf("measure the roof of %s: %w", d.info.Name, err)
	}
	return r, nil
}

// roofMeter holds two buffers, x to read and y to write, and a descriptor set
// that shows them.
type roofMeter struct {
	device   *Device
	commands *vulkan.Commands
	x, y     *vulkan.Buffer
	view     vulkan.View
	sets     *vulkan.Sets
	set      vulkan.Set
}

func (m *roofMeter) free() {
	m.sets.Free()
	m.view.Free()
	m.x.Free()
	m.y.Free()
	m.commands.Free()
}

// prepare makes the buffers, beyond the caches of today's devices where there
// is room, and fills x: memory that was never written may not be there.
func (m *roofMeter) prepare() error {
	d := m.device
	var err error
	if m.commands, err = d.vulkan.NewCommands(); err != nil {
		return err
	}
	bytes := int64(256 << 20)
	if !d.info.Type.GPU() {
		bytes = 64 << 20
	}
	bytes = min(bytes, 16*d.limits.MaxTexelElements, d.info.MaxStorageBytes) &^ 0xffff
	const least = 1 << 20
	for {
		if m.x, err = d.working("measuring", bytes); err == nil {
			m.y, err = d.working("measuring", bytes)
		}
		if err == nil || bytes <= least || !errors.Is(err, ErrOutOfMemory) {
			break
		}
		m.x.Free()
		m.x = nil
		bytes /= 2
	}
	if err != nil {
		return err
	}
	if err := m.bind(); err != nil {
		return err
	}
	return m.commands.Once(func(c vulkan.Recorder) {
		const half = 0x3f000000 // 0.5: chains of multiplications by it stay normal numbers
		c.Fill(m.x, bytes, half)
		c.Barrier(vulkan.TransferToCompute)
	})
}

func (m *roofMeter) bind() error {
	d := m.device.vulkan
	k := shaders.Roof()[0]
	p, err := d.Pipeline(k, nil)
	if err != nil {
		return err
	}
	if m.view, err = m.x.View(0, m.x.Bytes, 16); err != nil {
		return err
	}
	if m.sets, err = d.NewSets(1, k.Texels, k.Buffers); err != nil {
		return err
	}
	if m.set, err = m.sets.New(p); err != nil {
		return err
	}
	m.sets.Write(m.set, []vulkan.Argument{{View: m.view}, {Buffer: m.y, Bytes: m.y.Bytes}})
	return nil
}

// time returns the best time of that many tries of a submission of dispatches.
func (m *roofMeter) time(ctx context.Context, tries int, kernel string, push shaders.RoofPush, dispatches int) (time.Duration, error) {
	d := m.device
	k, ok := shaders.Named(kernel)
	if !ok {
		return 0, fmt.Errorf("%w: %s", ErrNoKernel, kernel)
	}
	p, err := d.vulkan.Pipeline(k, nil)
	if err != nil {
		return 0, err
	}
	data, err := binary.Append(nil, binary.LittleEndian, push)
	if err != nil {
		return 0, fmt.Errorf("push constants of %s: %w", kernel, err)
	}
	const group = 64 // local_size_x in roof.glsl
	most := d.limits.MaxGroupCount
	groups, err := lower.Spread((int64(push.Count)+group-1)/group, [2]int64{int64(most[0]), int64(most[1])})
	if err != nil {
		return 0, err
	}
	b, err := m.commands.Record(false, func(c vulkan.Recorder) {
		c.Bind(p, m.set, data)
		for range dispatches {
			c.Dispatch([3]uint32{groups[0], groups[1], 1})
			c.Barrier(vulkan.ComputeToCompute)
		}
	})
	if err != nil {
		return 0, err
	}
	defer m.commands.Discard(b)
	best := time.Duration(math.MaxInt64)
	for range tries {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		begin := time.Now()
		if err := m.commands.Run(b); err != nil {
			return 0, err
		}
		best = min(best, time.Since(begin))
	}
	return best, nil
}

// repeat calls run with a growing amount of work until that takes long enough
// to be timed, then often; it returns the best time and the amount.
func repeat(run func(tries int, amount uint32) (time.Duration, error)) (seconds, amount float64, err error) {
	n := uint32(1)
	for {
		const warm = 2 // drivers make a kernel's code at its first dispatch
		took, err := run(warm, n)
		if err != nil {
			return 0, 0, err
		}
		if took >= roofLeast || n >= 1<<20 {
			break
		}
		// Grow by what is missing, at most eightfold: first times are rough.
		n *= uint32(min(8, max(2, roofLeast/max(took, 1)+1)))
	}
	took, err := run(roofTries, n)
	return took.Seconds(), float64(n), err
}

func (m *roofMeter) fma(ctx context.Context, r *Roof) error {
	invocations := min(1<<20, m.y.Bytes/4) // four times what the largest GPUs hold at once
	if !m.device.info.Type.GPU() {
		invocations = 1 << 16
	}
	push := shaders.RoofPush{Count: uint32(invocations)}
	seconds, rounds, err := repeat(func(tries int, amount uint32) (time.Duration, error) {
		push.Rounds = amount
		return m.time(ctx, tries, "roof_fma", push, 1)
	})
	r.FLOPS = 2 * shaders.RoofTurn * rounds * float64(invocations) / seconds
	return err
}

func (m *roofMeter) copy(ctx context.Context, r *Roof) error {
	push := shaders.RoofPush{Count: uint32(m.x.Bytes / 16)}
	seconds, times, err := repeat(func(tries int, amount uint32) (time.Duration, error) {
		return m.time(ctx, tries, "roof_copy", push, int(amount))
	})
	r.CopyBytesPerSecond = 2 * float64(m.x.Bytes) * times / seconds
	return err
}

func (m *roofMeter) read(ctx context.Context, r *Roof) error {
	const rounds = 16
	push := shaders.RoofPush{Count: uint32(m.x.Bytes / 16 / rounds), Rounds: rounds}
	seconds, times, err := repeat(func(tries int, amount uint32) (time.Duration, error) {
		return m.time(ctx, tries, "roof_read", push, int(amount))
	})
	r.ReadBytesPerSecond = float64(m.x.Bytes) * times / seconds
	return err
}

// dispatch compares submissions of few and of many dispatches that do nothing,
// so that what a submission costs falls out.
func (m *roofMeter) dispatch(ctx context.Context, r *Roof) error {
	const few, many = 20, 220
	push := shaders.RoofPush{Count: 1}
	short, err := m.time(ctx, roofTries, "roof_fma", push, few)
	if err != nil {
		return err
	}
	long, err := m.time(ctx, roofTries, "roof_fma", push, many)
	r.Dispatch = max(0, long-short) / (many - few)
	return err
}

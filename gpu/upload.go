package gpu

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"unsafe"

	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/gpu/internal/vulkan"
	"github.com/vkeras/vkeras/plan"
)

// working makes a buffer that kernels work on: in memory that the host shares
// where the device is a CPU or sits on the same chip. A CPU's is asked for in large
// pages: where it need not look addresses up by small ones, llvmpipe took a sixth less
// for the demo model.
func (d *Device) working(what string, bytes int64) (*vulkan.Buffer, error) {
	kinds := []uint32{vulkan.DeviceLocal, 0}
	if d.info.Type == CPU || d.info.Type == Integrated {
		kinds = []uint32{vulkan.DeviceLocal | vulkan.HostVisible | vulkan.HostCoherent | vulkan.HostCached, vulkan.DeviceLocal, 0}
	}
	b, err := d.vulkan.NewBuffer(what, bytes, kinds...)
	if err == nil && d.info.Type == CPU {
		largePages(b.Mapped)
	}
	return b, err
}

// placeWeights lays the steps' weights out in one buffer of the device, and
// returns how each is to be packed.
func (n *Net) placeWeights() (map[*plan.Step]lower.Packing, error) {
	packings := map[*plan.Step]lower.Packing{}
	n.packed = map[*plan.Step]lower.Region{}
	var bytes int64
	for _, s := range lower.Parts(n.program) {
		p, err := lower.Pack(n.target, s)
		if err != nil {
			return nil, err
		}
		if size := p.Bytes; size > 0 {
			packings[s] = p
			n.packed[s] = lower.Region{In: lower.Weights, Offset: bytes, Bytes: size}
			bytes += (size + n.target.Align() - 1) / n.target.Align() * n.target.Align()
		}
	}
	var err error
	n.weights, err = n.device.working("the weights", bytes)
	return packings, err
}

// upload packs the weights into their buffer, on all cores.
func (n *Net) upload(packings map[*plan.Step]lower.Packing) error {
	write := func(r lower.Region, p lower.Packing, alloc func(int) []float32) error {
		return p.Write(n.weights.Mapped[r.Offset:r.Offset+r.Bytes], alloc)
	}
	if n.weights.Mapped == nil {
		c, err := n.device.vulkan.NewCommands()
		if err != nil {
			return err
		}
		defer c.Free()
		var one sync.Mutex // transfer at a time, while others pack
		write = func(r lower.Region, p lower.Packing, alloc func(int) []float32) error {
			data := alloc(int(p.Bytes+3) / 4) // which begins at a multiple of four
			bytes := unsafe.Slice((*byte)(unsafe.Pointer(&data[0])), p.Bytes)
			if err := p.Write(bytes, alloc); err != nil {
				return err
			}
			one.Lock()
			defer one.Unlock()
			return n.transfer(c, r, bytes)
		}
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	var memory buffers
	for _, s := range n.largestFirst(packings) {
		group.Go(func() error {
			err := memory.with(func(alloc func(int) []float32) error { return write(n.packed[s], packings[s], alloc) })
			if err != nil {
				return fmt.Errorf("upload the weights of layer %q: %w", s.Name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// transfer copies a step's weights to the device in pieces.
func (n *Net) transfer(c *vulkan.Commands, r lower.Region, bytes []byte) error {
	const piece = 32 << 20
	staging, err := n.device.vulkan.NewBuffer("weights on their way", min(r.Bytes, piece), vulkan.HostVisible|vulkan.HostCoherent)
	if err != nil {
		return err
	}
	defer staging.Free()
	for at := 0; at < len(bytes); at += piece {
		size := copy(staging.Mapped, bytes[at:])
		err := c.Once(func(b vulkan.Recorder) {
			b.Copy(staging, n.weights, 0, r.Offset+int64(at), int64(size))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// buffers are memory that kernels are read into, and packed in where the device's own
// cannot be written, used again for the next.
type buffers struct{ free sync.Pool } // of *[]float32

// with calls do with a function that returns slices which are good until do returns.
func (b *buffers) with(do func(alloc func(n int) []float32) error) error {
	var taken []*[]float32
	defer func() {
		for _, t := range taken {
			b.free.Put(t)
		}
	}()
	return do(func(n int) []float32 {
		t, ok := b.free.Get().(*[]float32)
		if !ok || cap(*t) < n {
			t = new([]float32)
			*t = make([]float32, n)
		}
		taken = append(taken, t)
		return (*t)[:n]
	})
}

// largestFirst returns the steps that have weights, so that buffers are made
// once, and no core is left with the largest when the others are done.
func (n *Net) largestFirst(packings map[*plan.Step]lower.Packing) []*plan.Step {
	var steps []*plan.Step
	for s := range packings {
		steps = append(steps, s)
	}
	slices.SortFunc(steps, func(a, b *plan.Step) int {
		if c := cmp.Compare(n.packed[b].Bytes, n.packed[a].Bytes); c != 0 {
			return c
		}
		return cmp.Compare(n.packed[a].Offset, n.packed[b].Offset)
	})
	return steps
}

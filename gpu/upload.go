package gpu

import (
	"fmt"
	"runtime"
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
	write := func(r lower.Region, p lower.Packing) error {
		return p.Write(n.weights.Mapped[r.Offset : r.Offset+r.Bytes])
	}
	if n.weights.Mapped == nil {
		c, err := n.device.vulkan.NewCommands()
		if err != nil {
			return err
		}
		defer c.Free()
		var one sync.Mutex // transfer at a time, while others pack
		write = func(r lower.Region, p lower.Packing) error {
			data := make([]float32, (p.Bytes+3)/4) // which begin at a multiple of four
			bytes := unsafe.Slice((*byte)(unsafe.Pointer(&data[0])), p.Bytes)
			if err := p.Write(bytes); err != nil {
				return err
			}
			one.Lock()
			defer one.Unlock()
			return n.transfer(c, r, bytes)
		}
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	from := &stream{net: n}
	for _, s := range n.largestFirst(packings) {
		group.Go(func() error {
			if err := from.pack(s, packings[s], write); err != nil {
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

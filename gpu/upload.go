package gpu

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/gpu/internal/vkc"
	"github.com/vkeras/vkeras/plan"
)

// working returns the kinds of memory for what kernels work on: memory that
// the host shares where the device is a CPU or sits on the same chip.
func (d *Device) working() []uint32 {
	if d.info.Type == CPU || d.info.Type == Integrated {
		return []uint32{deviceLocal | hostVisible | hostCoherent | hostCached, deviceLocal, 0}
	}
	return []uint32{deviceLocal, 0}
}

// placeWeights lays the steps' weights out in one buffer of the device, and
// returns how each is to be packed.
func (n *Net) placeWeights() (map[*plan.Step]packing, error) {
	packings := map[*plan.Step]packing{}
	n.packed = map[*plan.Step]region{}
	var bytes int64
	for _, s := range parts(n.program) {
		op, err := operatorOf(s.Op)
		if err != nil {
			return nil, fmt.Errorf("layer %q: %w", s.Name, err)
		}
		p := op.pack(n.target, s)
		if size := p.bytes; size > 0 {
			packings[s] = p
			n.packed[s] = region{weights, bytes, size}
			bytes += (size + n.target.align() - 1) / n.target.align() * n.target.align()
		}
	}
	var err error
	n.weights, err = n.device.newBuffer("the weights", bytes, n.device.working()...)
	return packings, err
}

// upload packs the weights into their buffer, on all cores.
func (n *Net) upload(packings map[*plan.Step]packing) error {
	write := func(r region, p packing) error {
		return p.write(n.weights.mapped[r.offset : r.offset+r.bytes])
	}
	if n.weights.mapped == nil {
		c, err := n.device.newCommands()
		if err != nil {
			return err
		}
		defer c.free()
		var one sync.Mutex // transfer at a time, while others pack
		write = func(r region, p packing) error {
			data := make([]float32, (p.bytes+3)/4) // which begin at a multiple of four
			bytes := unsafe.Slice((*byte)(unsafe.Pointer(&data[0])), p.bytes)
			if err := p.write(bytes); err != nil {
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
func (n *Net) transfer(c *commands, r region, bytes []byte) error {
	const piece = 32 << 20
	staging, err := n.device.newBuffer("weights on their way", min(r.bytes, piece), hostVisible|hostCoherent)
	if err != nil {
		return err
	}
	defer staging.free()
	for at := 0; at < len(bytes); at += piece {
		size := copy(staging.mapped, bytes[at:])
		err := c.once(func(b unsafe.Pointer) {
			vkc.Copy(b, unsafe.Pointer(staging.handle), unsafe.Pointer(n.weights.handle), 0, uint64(r.offset+int64(at)), uint64(size))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

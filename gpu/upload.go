package gpu

import (
	"fmt"
	"unsafe"

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

// upload packs the weights into a buffer of the device.
func (n *Net) upload() error {
	packings := make([]packing, len(n.program.Steps))
	n.packed = map[*plan.Step]region{}
	var bytes int64
	for i, s := range n.program.Steps {
		op, err := operatorOf(s.Op)
		if err != nil {
			return fmt.Errorf("layer %q: %w", s.Name, err)
		}
		packings[i] = op.pack(n.target, s)
		if size := 4 * packings[i].floats; size > 0 {
			n.packed[s] = region{weights, bytes, size}
			bytes += (size + n.target.align() - 1) / n.target.align() * n.target.align()
		}
	}
	var err error
	if n.weights, err = n.device.newBuffer("the weights", bytes, n.device.working()...); err != nil {
		return err
	}
	write := n.writeMapped
	if n.weights.mapped == nil {
		write = n.writeStaged
	}
	for i, s := range n.program.Steps {
		if r, ok := n.packed[s]; ok {
			if err := write(r, packings[i]); err != nil {
				return fmt.Errorf("upload the weights of layer %q: %w", s.Name, err)
			}
		}
	}
	return nil
}

func (n *Net) writeMapped(r region, p packing) error {
	p.write(n.weights.floats(r.offset, int(p.floats)))
	return nil
}

// writeStaged copies the weights over in pieces.
func (n *Net) writeStaged(r region, p packing) error {
	const piece = 32 << 20
	data := make([]float32, p.floats)
	p.write(data)
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&data[0])), 4*len(data))
	staging, err := n.device.newBuffer("weights on their way", min(r.bytes, piece), hostVisible|hostCoherent)
	if err != nil {
		return err
	}
	defer staging.free()
	for at := 0; at < len(bytes); at += piece {
		size := copy(staging.mapped, bytes[at:])
		err := n.commands.once(func(c unsafe.Pointer) {
			vkc.Copy(c, unsafe.Pointer(staging.handle), unsafe.Pointer(n.weights.handle), 0, uint64(r.offset+int64(at)), uint64(size))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

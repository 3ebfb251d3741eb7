package gpu

import (
	"context"

	"github.com/vkeras/vkeras/gpu/internal/vulkan"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// slot is what one run in flight has for itself: memory for the tensors of a
// batch, and commands recorded over it. One goroutine at a time uses it.
type slot struct {
	net        *Net
	commands   *vulkan.Commands
	arena      *vulkan.Buffer
	staging    *vulkan.Buffer     // nil where the arena is mapped
	recordings map[int]*recording // by batch
}

// newSlot reserves a slot's memory; the layout is that of a full batch.
func (n *Net) newSlot(l *plan.Layout) (*slot, error) {
	s := &slot{net: n, recordings: map[int]*recording{}}
	var err error
	if s.commands, err = n.device.vulkan.NewCommands(); err == nil {
		err = s.reserve(l)
	}
	if err != nil {
		s.free()
		return nil, err
	}
	return s, nil
}

// reserve makes the arena and, where the host cannot map it, the staging buffer.
func (s *slot) reserve(l *plan.Layout) error {
	n := s.net
	var err error
	if s.arena, err = n.device.working("the tensors", l.Bytes); err != nil {
		return err
	}
	if s.arena.Mapped != nil {
		return nil
	}
	bytes := n.ends(l.Batch)
	if n.options.Keep {
		bytes = l.Bytes
	}
	s.staging, err = n.device.vulkan.NewBuffer("copies to and from the device", bytes, vulkan.HostVisible|vulkan.HostCoherent|vulkan.HostCached, vulkan.HostVisible|vulkan.HostCoherent)
	return err
}

func (s *slot) free() {
	for _, r := range s.recordings {
		r.free()
	}
	s.commands.Free()
	s.staging.Free()
	s.arena.Free()
}

// host is the buffer that the host reads and writes.
func (s *slot) host() *vulkan.Buffer {
	if s.staging != nil {
		return s.staging
	}
	return s.arena
}

// maxRecordings bounds how many batch sizes a slot keeps recorded.
const maxRecordings = 16

// recording returns the slot's recording for a batch, made at first use.
func (s *slot) recording(batch int) (*recording, error) {
	if r, ok := s.recordings[batch]; ok {
		return r, nil
	}
	if len(s.recordings) >= maxRecordings {
		for size, r := range s.recordings {
			if size != s.net.options.Batch {
				r.free()
				delete(s.recordings, size)
				break
			}
		}
	}
	r, err := s.record(batch)
	if err != nil {
		return nil, err
	}
	s.recordings[batch] = r
	return r, nil
}

// submit runs images from..to and waits.
func (s *slot) submit(ctx context.Context, in []*nn.Tensor, from, to int) (*recording, error) {
	r, err := s.recording(to - from)
	if err != nil {
		return nil, err
	}
	for i, t := range in {
		if err := r.put(r.inputs[i], t.Images(from, to)); err != nil {
			return nil, err
		}
	}
	return r, r.run(ctx)
}

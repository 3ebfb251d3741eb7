package gpu

import (
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// softmax runs nn.Softmax.
type softmax struct {
	weightless
	frugal
}

func (softmax) lower(l *lowering, s *plan.Step) error {
	c := s.In[0].Shape.Channels()
	return l.elementwise("softmax", s, nil, int64(c), int64(c), func(h shaders.Head) any {
		return shaders.ChannelsPush{Head: h, Channels: uint32(c)}
	})
}

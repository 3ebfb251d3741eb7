package loader

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// composer gathers the stages of a layer that is composed of several operations, and
// knows their shapes.
type composer struct {
	in     []nn.Shape // of the layer
	stages []stage
	shapes []nn.Shape // of the stages; nil for what cannot be
}

// add adds a stage, and returns its place.
func (m *composer) add(suffix string, op nn.Op, reads ...int) int {
	read := make([]nn.Shape, len(reads))
	for i, at := range reads {
		read[i] = m.shape(at)
	}
	shape, err := op.Infer(read)
	if err != nil || slices.ContainsFunc(read, func(s nn.Shape) bool { return s == nil }) {
		shape = nil
	}
	m.stages, m.shapes = append(m.stages, stage{suffix: suffix, op: op, reads: reads}), append(m.shapes, shape)
	return len(m.stages) - 1
}

// behind adds the stages of a layer whose inputs are these, with a prefix to their
// names.
func (m *composer) behind(prefix string, stages []stage, inputs ...int) {
	before := len(m.stages)
	for i, s := range stages {
		reads := inputs
		if s.reads == nil && i > 0 {
			reads = []int{before + i - 1}
		} else if s.reads != nil {
			reads = make([]int, len(s.reads))
			for k, from := range s.reads {
				switch {
				case from >= 0:
					reads[k] = before + from
				case ^from < len(inputs):
					reads[k] = inputs[^from]
				default:
					reads[k] = none
				}
			}
		}
		at := m.add(prefix+s.suffix, s.op, reads...)
		s.suffix, s.reads = m.stages[at].suffix, m.stages[at].reads
		m.stages[at] = s
	}
}

// shape returns the shape of a stage, or of an input.
func (m *composer) shape(at int) nn.Shape {
	if i := ^at; i >= 0 && i < len(m.in) {
		return m.in[i]
	}
	if at < 0 || at >= len(m.shapes) {
		return nil
	}
	return m.shapes[at]
}

// truth makes 1 of what is not 0, in another shape.
func (m *composer) truth(name string, at int, shape nn.Shape) int {
	zero := m.add("/"+name+"_zero", &nn.Constant{Value: &nn.Tensor{Shape: nn.Shape{1}, Data: []float32{0}}}, at)
	at = m.add("/"+name, &nn.Binary{Func: nn.NotEqual}, at, zero)
	return m.add("/"+name+"_shape", &nn.Reshape{Target: shape}, at)
}

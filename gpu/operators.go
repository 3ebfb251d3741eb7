package gpu

import (
	"fmt"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// operator is how the steps of one kind of operation run on a device. Each has
// a file of the operation's name.
type operator interface {
	// pack returns the step's weights as its kernels want them. The choice of
	// layout must not depend on the batch.
	pack(t target, s *plan.Step) packing
	// scratch returns the bytes that the step needs besides its tensors.
	scratch(t target, s *plan.Step, batch int64) int64
	// lower emits the step's dispatches.
	lower(l *lowering, s *plan.Step) error
}

// packing is weights yet to be written: how many bytes, and by what.
type packing struct {
	bytes int64
	write func(dst []byte) error
}

// operatorOf returns the operator of an operation: the one place, besides its
// file, that a new operation is added to in this package.
func operatorOf(op nn.Op) (operator, error) {
	switch op := op.(type) {
	case *nn.Activation:
		return activation{op}, nil
	case *nn.Add:
		return merge{kernel: "add"}, nil
	case *nn.AvgPool:
		return pool{kernel: "avg_pool"}, nil
	case *nn.BatchNorm:
		return batchNorm{op}, nil
	case *nn.Concat:
		return concat{op: op}, nil
	case *nn.Conv2D:
		return conv2D{op}, nil
	case *nn.Crop:
		return pad{kernel: "crop", inward: true}, nil
	case *nn.Dense:
		return dense{op}, nil
	case *nn.DepthwiseConv2D:
		return depthwise{op: op}, nil
	case *nn.GlobalAvgPool:
		return globalPool{kernel: "global_avg_pool"}, nil
	case *nn.GlobalMaxPool:
		return globalPool{kernel: "global_max_pool"}, nil
	case *nn.MaxPool:
		return pool{kernel: "max_pool"}, nil
	case *nn.Multiply:
		return merge{kernel: "multiply"}, nil
	case *nn.Normalize:
		return normalize{op: op}, nil
	case *nn.Rescale:
		return rescale{op: op}, nil
	case *nn.Softmax:
		return softmax{}, nil
	case *nn.ZeroPad:
		return pad{kernel: "zero_pad"}, nil
	}
	return nil, fmt.Errorf("no kernel computes %s", op.Kind())
}

// weightless is embedded by operators without weights.
type weightless struct{}

func (weightless) pack(target, *plan.Step) packing { return packing{} }

// frugal is embedded by operators without scratch.
type frugal struct{}

func (frugal) scratch(target, *plan.Step, int64) int64 { return 0 }

// tensors packs weights one behind the other, as they are, in every precision:
// the kernels that take them multiply by no matrix.
func tensors(list ...[]float32) packing {
	var n int64
	for _, t := range list {
		n += int64(len(t))
	}
	return packing{4 * n, func(dst []byte) error {
		to := floats(dst)
		for _, t := range list {
			to = to[copy(to, t):]
		}
		return nil
	}}
}

// params packs the operation's own weights in Keras's order.
func params(s *plan.Step) packing {
	var list [][]float32
	for _, p := range s.Op.Params(s.InputShapes()) {
		list = append(list, (*p.Value).Data)
	}
	return tensors(list...)
}

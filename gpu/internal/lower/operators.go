package lower

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
	pack(t Target, s *plan.Step) Packing
	// scratch returns the bytes that the step needs besides its tensors.
	scratch(t Target, s *plan.Step, batch int64) int64
	// lower emits the step's dispatches.
	lower(l *lowering, s *plan.Step) error
}

// operatorOf returns the operator of an operation: the one place, besides its
// file, that a new operation is added to in this package.
func operatorOf(op nn.Op) (operator, error) {
	switch op := op.(type) {
	case *nn.Activation:
		return activation{op}, nil
	case *nn.Add:
		return merge{kernel: "add", code: binaryAdd}, nil
	case *nn.AvgPool:
		return pool{kernel: "avg_pool"}, nil
	case *nn.BatchNorm:
		return batchNorm{op}, nil
	case *nn.Binary:
		return binaryOp{op: op}, nil
	case *nn.Concat:
		return concat{op: op}, nil
	case *nn.Constant:
		return constant{op: op}, nil
	case *nn.Conv2D:
		return conv2D{op}, nil
	case *nn.Conv2DTranspose:
		return conv2DTranspose{op: op}, nil
	case *nn.Crop:
		return pad{kernel: "crop", inward: true}, nil
	case *nn.Dense:
		return dense{op}, nil
	case *nn.DepthwiseConv2D:
		return depthwise{op: op}, nil
	case *nn.Gather:
		return gather{op: op}, nil
	case *nn.GlobalAvgPool:
		return globalPool{kernel: "global_avg_pool"}, nil
	case *nn.GlobalMaxPool:
		return globalPool{kernel: "global_max_pool"}, nil
	case *nn.GroupNorm:
		return layerNorm{op: op, norm: nn.NormStandard, epsilon: op.Epsilon, gamma: op.Gamma, beta: op.Beta}, nil
	case *nn.GroupedConv2D:
		return groupedConv2D{op: op}, nil
	case *nn.LayerNorm:
		return layerNorm{op: op, norm: op.Func, epsilon: op.Epsilon, gamma: op.Gamma, beta: op.Beta}, nil
	case *nn.LayerScale:
		return layerScale{op: op}, nil
	case *nn.LogSoftmax:
		return softmax{kernel: "log_softmax", op: op}, nil
	case *nn.MatMul:
		return matMul{op: op}, nil
	case *nn.MaxPool:
		return pool{kernel: "max_pool"}, nil
	case *nn.Multiply:
		return merge{kernel: "multiply", code: binaryMultiply}, nil
	case *nn.Normalize:
		return normalize{op: op}, nil
	case *nn.PReLU:
		return preLU{op: op}, nil
	case *nn.Reduce:
		return reduce{op: op}, nil
	case *nn.Rescale:
		return rescale{op: op}, nil
	case *nn.Resize:
		return resize{op: op}, nil
	case *nn.Slice:
		return slice{op: op}, nil
	case *nn.Softmax:
		return softmax{kernel: "softmax", op: op}, nil
	case *nn.Sort:
		return sortAlong{op: op}, nil
	case *nn.Sparsemax:
		return softmax{kernel: "sparsemax", op: op}, nil
	case *nn.Transpose:
		return transpose{op: op}, nil
	case *nn.Unary:
		return unary{op: op}, nil
	case *nn.ZeroPad:
		return pad{kernel: "zero_pad"}, nil
	}
	return nil, fmt.Errorf("no kernel computes %s", op.Kind())
}

// weightless is embedded by operators without weights.
type weightless struct{}

func (weightless) pack(Target, *plan.Step) Packing { return Packing{} }

// frugal is embedded by operators without scratch.
type frugal struct{}

func (frugal) scratch(Target, *plan.Step, int64) int64 { return 0 }

package reference

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/vkeras/vkeras/nn"
)

// ErrUnsupported says that an operation has no reference.
var ErrUnsupported = errors.New("operation has no reference")

// maxElements bounds a tensor (8 GiB), so that an absurd geometry is an error
// and not an allocation that the process does not survive.
const maxElements = math.MaxInt32

// Apply computes one operation. The inputs are batches of one size, (N, H, W, C)
// or (N, ...); the result is a new tensor, with the batch axis first. An input
// or a weight that is missing or has another shape than the operation needs is
// an error, as is an operation without a reference (ErrUnsupported).
//
// NaN and infinities go through the arithmetic like any other value.
func Apply(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
	return apply(context.Background(), op, in)
}

// apply is Apply that gives up when ctx is done.
func apply(ctx context.Context, op nn.Op, in []*nn.Tensor) (*nn.Tensor, error) {
	y, err := result(op, in)
	if err != nil {
		return nil, err
	}
	if err := compute(ctx, op, in, y); err != nil {
		return nil, err
	}
	return y, nil
}

// compute hands the operation to its function, which fills y.
func compute(ctx context.Context, op nn.Op, in []*nn.Tensor, y *nn.Tensor) error {
	x := in[0]
	switch op := op.(type) {
	case *nn.Activation:
		return activation(ctx, op, x, y)
	case *nn.Add:
		return add(ctx, in, y)
	case *nn.AvgPool:
		return avgPool(ctx, op, x, y)
	case *nn.BatchNorm:
		return batchNorm(ctx, op, x, y)
	case *nn.Binary:
		return binary(ctx, op, in, y)
	case *nn.Concat:
		return concat(ctx, op, in, y)
	case *nn.Constant:
		return constant(ctx, op, y)
	case *nn.Conv2D:
		return conv2D(ctx, op, x, y)
	case *nn.Conv2DTranspose:
		return conv2DTranspose(ctx, op, x, y)
	case *nn.Crop:
		return crop(ctx, op, x, y)
	case *nn.Dense:
		return dense(ctx, op, x, y)
	case *nn.DepthwiseConv2D:
		return depthwiseConv2D(ctx, op, x, y)
	case *nn.Flatten, *nn.Reshape:
		return reshape(ctx, x, y)
	case *nn.Gather:
		return gather(ctx, op, x, y)
	case *nn.GlobalAvgPool:
		return globalAvgPool(ctx, x, y)
	case *nn.GlobalMaxPool:
		return globalMaxPool(ctx, x, y)
	case *nn.GroupNorm:
		return groupNorm(ctx, op, x, y)
	case *nn.GroupedConv2D:
		return groupedConv2D(ctx, op, x, y)
	case *nn.Identity:
		return identity(ctx, x, y)
	case *nn.LayerNorm:
		return layerNorm(ctx, op, x, y)
	case *nn.LayerScale:
		return layerScale(ctx, op, x, y)
	case *nn.LogSoftmax:
		return logSoftmax(ctx, op, x, y)
	case *nn.MatMul:
		return matMul(ctx, op, in[0], in[1], y)
	case *nn.MaxPool:
		return maxPool(ctx, op, x, y)
	case *nn.Multiply:
		return multiply(ctx, in, y)
	case *nn.Normalize:
		return normalize(ctx, op, x, y)
	case *nn.PReLU:
		return preLU(ctx, op, x, y)
	case *nn.Reduce:
		return reduce(ctx, op, x, y)
	case *nn.Rescale:
		return rescale(ctx, op, x, y)
	case *nn.Resize:
		return resize(ctx, op, x, y)
	case *nn.Slice:
		return slice(ctx, op, x, y)
	case *nn.Softmax:
		return softmax(ctx, op, x, y)
	case *nn.Sort:
		return sortAlong(ctx, op, x, y)
	case *nn.Sparsemax:
		return sparsemax(ctx, op, x, y)
	case *nn.Transpose:
		return transpose(ctx, op, x, y)
	case *nn.Unary:
		return unary(ctx, op, x, y)
	case *nn.ZeroPad:
		return zeroPad(ctx, op, x, y)
	default:
		return fmt.Errorf("%s: %w", op.Kind(), ErrUnsupported)
	}
}

// result checks the operation's inputs and weights and returns a tensor of
// zeros for its output.
func result(op nn.Op, in []*nn.Tensor) (*nn.Tensor, error) {
	if op == nil || len(in) == 0 {
		return nil, errors.New("an operation and at least one input are needed")
	}
	shapes := make([]nn.Shape, len(in))
	for i, t := range in {
		if err := checkBatch(t, in[0]); err != nil {
			return nil, fmt.Errorf("%s: input %d: %w", op.Kind(), i, err)
		}
		shapes[i] = t.Shape[1:]
	}
	image, err := op.Infer(shapes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op.Kind(), err)
	}
	if err := checkWeights(op, shapes); err != nil {
		return nil, fmt.Errorf("%s: %w", op.Kind(), err)
	}
	shape := image.Batch(in[0].Shape[0])
	if n, err := shape.Elements(); err != nil || n > maxElements {
		return nil, fmt.Errorf("%s: output %v is too large", op.Kind(), shape)
	}
	return nn.NewTensor(shape...), nil
}

// checkBatch returns an error unless t is a batch of as many images as first.
func checkBatch(t, first *nn.Tensor) error {
	if t == nil || len(t.Shape) == 0 {
		return errors.New("a tensor with a batch axis is needed")
	}
	for _, d := range t.Shape {
		if d < 1 {
			return fmt.Errorf("shape %v has an extent below 1", t.Shape)
		}
	}
	if err := checkData(t); err != nil {
		return err
	}
	if t.Shape[0] != first.Shape[0] {
		return fmt.Errorf("expected a batch of %d, found shape %v", first.Shape[0], t.Shape)
	}
	return nil
}

// checkData returns an error unless t has as many elements as its shape says.
func checkData(t *nn.Tensor) error {
	if n, err := t.Shape.Elements(); err != nil || n != len(t.Data) {
		return fmt.Errorf("shape %v does not have %d elements", t.Shape, len(t.Data))
	}
	return nil
}

// checkWeights returns an error unless all weights are there, in their shapes.
func checkWeights(op nn.Op, in []nn.Shape) error {
	for _, p := range op.Params(in) {
		if err := p.Check(); err != nil {
			return err
		}
		if err := checkData(*p.Value); err != nil {
			return fmt.Errorf("%s: %w", p.Role, err)
		}
	}
	return nil
}

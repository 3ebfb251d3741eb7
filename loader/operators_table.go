package loader

import (
	"math"

	"github.com/vkeras/vkeras/nn"
)

// operators returns the functions that a model may call outside of layers, by the
// class that Keras 3 gives them and by the name that TensorFlow has for them, less
// "compat.v1.". A new one goes here, its function into the file of its family.
//
// The text behind a function are its arguments, in the order in which the function
// here asks for them. Keras 3 passes the first ones by their position, Keras 2 the
// first alone; a bar separates names of the same argument.
var operators = map[string]operator{
	// operators_arithmetic.go
	"Add": {wrapped(sum), "x1 x2"}, "math.add": {ofExtents(plusWhole, wrapped(sum)), "x y"}, "__operators__.add": {ofExtents(plusWhole, wrapped(sum)), "x y"}, "nn.bias_add": {biased, "value bias data_format"},
	"math.add_n": {sumOf, "inputs"}, "math.accumulate_n": {sumOf, "inputs"},
	"Subtract": {wrapped(difference), "x1 x2"}, "math.subtract": {ofExtents(minusWhole, wrapped(difference)), "x y"}, "__operators__.sub": {ofExtents(minusWhole, wrapped(difference)), "x y"},
	"Multiply": {wrapped(multiplied), "x1 x2"}, "math.multiply": {ofExtents(timesWhole, wrapped(multiplied)), "x y"}, "__operators__.mul": {ofExtents(timesWhole, wrapped(multiplied)), "x y"}, "math.scalar_mul": {multiplied, "scalar x"},
	"Divide": {quotient, "x1 x2"}, "TrueDivide": {quotient, "x1 x2"}, "math.divide": {quotient, "x y"}, "math.truediv": {ratioOf(quotient), "x y"}, "realdiv": {quotient, "x y"}, "__operators__.truediv": {quotient, "x y"}, "RealDiv": {quotient, "x y"},
	"DivideNoNan": {safeQuotient, "x1 x2"}, "math.divide_no_nan": {safeQuotient, "x y"},
	"div": {quotient1, "x y"}, "truncatediv": {quotientOfA, "x y"},
	"math.xlogy": {unlessZero(0, timesOf(nn.Log)), "x y"}, "math.xlog1py": {unlessZero(0, timesOf(nn.Log1p)), "x y"}, "math.xdivy": {unlessZero(0, quotientOf), "x y"}, "math.multiply_no_nan": {unlessZero(1, productOf), "x y"},
	"Power": {power, "x1 x2"}, "math.pow": {power, "x y"},
	"Square": {wrapped(square), "x"}, "math.square": {wrapped(square), "x"},
	"SquaredDifference": {binary(nn.SquaredDifference), "x y"}, "math.squared_difference": {binary(nn.SquaredDifference), "x y"},
	"Negative": {negative, "x"}, "math.negative": {negative, "x"},
	"Maximum": {largest, "x1 x2"}, "Fmax": {largest, "x1 x2"}, "math.maximum": {largest, "x y"},
	"Minimum": {binary(nn.Minimum), "x1 x2"}, "Fmin": {binary(nn.Minimum), "x1 x2"}, "math.minimum": {binary(nn.Minimum), "x y"},
	"FloorDivide": {binary(nn.FloorDivide), "x1 x2"}, "math.floordiv": {ofExtents(overWhole, binary(nn.FloorDivide)), "x y"}, "floor_div": {ofExtents(overWhole, binary(nn.FloorDivide)), "x y"},
	"Mod": {binary(nn.Remainder), "x1 x2"}, "math.floormod": {binary(nn.Remainder), "x y"}, "math.mod": {binary(nn.Remainder), "x y"},
	"Clip": {clipped, "x x_min x_max"}, "clip_by_value": {clipped, "t clip_value_min clip_value_max"},
	"Where": {where, "condition x1 x2"}, "where": {where, "condition x y"},
	"Equal": {binary(nn.Equal), "x1 x2"}, "math.equal": {binary(nn.Equal), "x y"},
	"NotEqual": {binary(nn.NotEqual), "x1 x2"}, "math.not_equal": {binary(nn.NotEqual), "x y"},
	"Less": {binary(nn.Less), "x1 x2"}, "math.less": {binary(nn.Less), "x y"},
	"LessEqual": {binary(nn.LessEqual), "x1 x2"}, "math.less_equal": {binary(nn.LessEqual), "x y"},
	"Greater": {binary(nn.Greater), "x1 x2"}, "math.greater": {ofExtents(aboveWhole, binary(nn.Greater)), "x y"},
	"GreaterEqual": {binary(nn.GreaterEqual), "x1 x2"}, "math.greater_equal": {binary(nn.GreaterEqual), "x y"},
	"Logaddexp":  {logAddExp, "x1 x2"},
	"LogicalAnd": {logical(&nn.Multiply{}), "x1 x2"}, "math.logical_and": {logical(&nn.Multiply{}), "x y"},
	"LogicalOr": {logical(&nn.Binary{Func: nn.Maximum}), "x1 x2"}, "math.logical_or": {logical(&nn.Binary{Func: nn.Maximum}), "x y"},
	"LogicalXor": {logical(&nn.Binary{Func: nn.NotEqual}), "x1 x2"}, "math.logical_xor": {logical(&nn.Binary{Func: nn.NotEqual}), "x y"},
	"LogicalNot": {logicalNot, "x"}, "math.logical_not": {logicalNot, "x"},

	// operators_functions.go
	"Abs": {unary(nn.Abs), "x"}, "Absolute": {unary(nn.Abs), "x"}, "Fabs": {unary(nn.Abs), "x"}, "math.abs": {unary(nn.Abs), "x"},
	"Ceil": {unary(nn.Ceil), "x"}, "math.ceil": {unary(nn.Ceil), "x"},
	"Cosh": {cosh, "x"}, "math.cosh": {cosh, "x"}, "Sinh": {sinh, "x"}, "math.sinh": {sinh, "x"},
	"Isnan": {isNaN, "x"}, "math.is_nan": {isNaN, "x"},
	"Cos": {unary(nn.Cos), "x"}, "math.cos": {unary(nn.Cos), "x"},
	"Erf": {unary(nn.Erf), "x"}, "math.erf": {unary(nn.Erf), "x"},
	"Exp": {activate(nn.Activation{Func: nn.Exponential}), "x"}, "math.exp": {activate(nn.Activation{Func: nn.Exponential}), "x"},
	"Expm1": {unary(nn.Expm1), "x"}, "math.expm1": {unary(nn.Expm1), "x"},
	"Floor": {unary(nn.Floor), "x"}, "math.floor": {unary(nn.Floor), "x"},
	"Log": {unary(nn.Log), "x"}, "math.log": {unary(nn.Log), "x"},
	"Log10": {logarithm(10), "x"}, "Log2": {logarithm(2), "x"},
	"Log1p": {unary(nn.Log1p), "x"}, "math.log1p": {unary(nn.Log1p), "x"},
	"Reciprocal": {unary(nn.Reciprocal), "x"}, "math.reciprocal": {unary(nn.Reciprocal), "x"},
	"Round": {rounded, "x decimals"}, "math.round": {rounded, "x"}, "math.rint": {rounded, "x"},
	"Rsqrt": {unary(nn.Rsqrt), "x"}, "math.rsqrt": {ofNumber(func(x float64) float64 { return 1 / math.Sqrt(x) }, unary(nn.Rsqrt)), "x"},
	"Sign": {unary(nn.Sign), "x"}, "math.sign": {unary(nn.Sign), "x"},
	"Sin": {unary(nn.Sin), "x"}, "math.sin": {unary(nn.Sin), "x"},
	"Sqrt": {unary(nn.Sqrt), "x"}, "math.sqrt": {ofNumber(math.Sqrt, unary(nn.Sqrt)), "x"},
	"Tan": {tangent, "x"}, "math.tan": {tangent, "x"},
	"Trunc": {unary(nn.Trunc), "x"},

	"Celu": {activateWith(nn.Default(nn.CELU), alpha), "x alpha"},
	"Elu":  {activateWith(nn.Default(nn.ELU), alpha), "x alpha"}, "nn.elu": {activate(nn.Default(nn.ELU)), "features"},
	"Gelu": {gelu(true), "x approximate"}, "nn.gelu": {gelu(false), "features approximate"},
	"Glu":           {glu, "x axis"},
	"HardShrink":    {activateWith(nn.Default(nn.HardShrink), threshold), "x threshold"},
	"HardSigmoid":   {activate(nn.Default(nn.HardSigmoid)), "x"},
	"HardSilu":      {activate(nn.Default(nn.HardSwish)), "x"},
	"HardTanh":      {activate(nn.Activation{Func: nn.HardTanh}), "x"},
	"LeakyRelu":     {activateWith(nn.Activation{Func: nn.ReLU, Slope: 0.2}, slope), "x negative_slope"},
	"nn.leaky_relu": {activateWith(nn.Activation{Func: nn.ReLU, Slope: 0.2}, slope), "features alpha"},
	"LogSigmoid":    {activate(nn.Activation{Func: nn.LogSigmoid}), "x"}, "math.log_sigmoid": {activate(nn.Activation{Func: nn.LogSigmoid}), "x"},
	"Relu": {activate(nn.Activation{Func: nn.ReLU}), "x"}, "nn.relu": {activate(nn.Activation{Func: nn.ReLU}), "features"},
	"Relu6": {activate(nn.Activation{Func: nn.ReLU, Max: 6}), "x"}, "nn.relu6": {activate(nn.Activation{Func: nn.ReLU, Max: 6}), "features"}, "nn.crelu": {concatenatedReLU, "features axis"},
	"Selu": {activate(nn.Activation{Func: nn.SELU}), "x"}, "nn.selu": {activate(nn.Activation{Func: nn.SELU}), "features"},
	"Sigmoid": {activate(nn.Activation{Func: nn.Sigmoid}), "x"}, "math.sigmoid": {activate(nn.Activation{Func: nn.Sigmoid}), "x"}, "nn.sigmoid": {activate(nn.Activation{Func: nn.Sigmoid}), "x"},
	"Silu": {activate(nn.Activation{Func: nn.Swish}), "x"}, "nn.silu": {swish, "features beta"}, "nn.swish": {swish, "features beta"},
	"SoftShrink": {activateWith(nn.Default(nn.SoftShrink), threshold), "x threshold"},
	"Softplus":   {activate(nn.Activation{Func: nn.Softplus}), "x"}, "math.softplus": {activate(nn.Activation{Func: nn.Softplus}), "features"},
	"Softsign": {activate(nn.Activation{Func: nn.Softsign}), "x"}, "nn.softsign": {activate(nn.Activation{Func: nn.Softsign}), "features"},
	"SparsePlus":    {activate(nn.Activation{Func: nn.SparsePlus}), "x"},
	"SparseSigmoid": {activate(nn.Activation{Func: nn.HardSigmoid, Slope: 0.5}), "x"},
	"Squareplus":    {activateWith(nn.Default(nn.SquarePlus), alpha), "x b"},
	"Tanh":          {activate(nn.Activation{Func: nn.Tanh}), "x"}, "math.tanh": {activate(nn.Activation{Func: nn.Tanh}), "x"}, "nn.tanh": {activate(nn.Activation{Func: nn.Tanh}), "x"},
	"TanhShrink": {activate(nn.Activation{Func: nn.TanhShrink}), "x"},
	"Threshold":  {thresholded, "x threshold default_value"},

	"Softmax": {distribution(softmaxOver), "x axis"}, "nn.softmax": {distribution(softmaxOver), "logits axis"},
	"LogSoftmax": {distribution(logSoftmaxOver), "x axis"}, "nn.log_softmax": {distribution(logSoftmaxOver), "logits axis"},
	"Sparsemax": {distribution(sparsemaxOver), "x axis"},

	"Cast": {cast, "x dtype"}, "cast": {cast, "x dtype"}, "SaturateCast": {castWithin, "x dtype"}, "dtypes.saturate_cast": {castWithin, "value dtype"}, "ConvertToTensor": {cast, "x dtype"}, "convert_to_tensor": {cast, "value dtype"},
	"Copy": {same, "x"}, "identity": {same, "input"}, "identity_n": {sameOf, "input"}, "ensure_shape": {shapeEnsured, "x shape"}, "StopGradient": {same, "variable"}, "stop_gradient": {same, "input"},
	"OnesLike": {full(1), "x"}, "ones_like": {full(1), "input"}, "ZerosLike": {full(0), "x"}, "zeros_like": {full(0), "input"},
	"FullLike": {fullLike, "x fill_value"},

	// operators_special.go
	"Arcsin": {arcsin, "x"}, "math.asin": {arcsin, "x"}, "Arccos": {arccos, "x"}, "math.acos": {arccos, "x"},
	"Arctan": {unary(nn.Arctan), "x"}, "math.atan": {unary(nn.Arctan), "x"}, "Arctan2": {arctan2, "x1 x2"}, "math.atan2": {arctan2, "y x"},
	"Arcsinh": {arcsinh, "x"}, "math.asinh": {arcsinh, "x"}, "Arccosh": {arccosh, "x"}, "math.acosh": {arccosh, "x"}, "Arctanh": {arctanh, "x"}, "math.atanh": {arctanh, "x"},
	"Cbrt": {cubeRoot, "x"}, "Exp2": {powerOfTwo, "x"}, "Erfc": {unary(nn.Erfc), "x"}, "math.erfc": {unary(nn.Erfc), "x"},
	"Deg2rad": {multipleBy(math.Pi / 180), "x"}, "Rad2deg": {multipleBy(180 / math.Pi), "x"},
	"Hypot": {hypotenuse, "x1 x2"}, "Heaviside": {heaviside, "x1 x2"}, "Fmod": {remainderOfA, "x1 x2"}, "truncatemod": {remainderOfA, "x y"}, "Logaddexp2": {logAddExp2, "x1 x2"}, "Sinc": {sinc, "x"},
	"Isclose":  {isClose, "x1 x2 rtol atol"},
	"Isfinite": {beyond(nn.Abs, nn.LessEqual, math.MaxFloat32), "x"}, "math.is_finite": {beyond(nn.Abs, nn.LessEqual, math.MaxFloat32), "x"},
	"Isinf": {beyond(nn.Abs, nn.Greater, math.MaxFloat32), "x"}, "math.is_inf": {beyond(nn.Abs, nn.Greater, math.MaxFloat32), "x"},
	"Isposinf": {beyond("", nn.Greater, math.MaxFloat32), "x"}, "Isneginf": {beyond("", nn.Less, -math.MaxFloat32), "x"},
	"NanToNum": {nanToNumber, "x nan posinf neginf"},
	"Nansum":   {numbersAlone(nn.ReduceSum, 0), "x axis keepdims"}, "Nanprod": {numbersAlone(nn.ReduceProd, 1), "x axis keepdims"},
	"Nanmax": {numbersAlone(nn.ReduceMax, -math.MaxFloat32), "x axis keepdims"}, "Nanmin": {numbersAlone(nn.ReduceMin, math.MaxFloat32), "x axis keepdims"},
	"Nanmean": {nanMean, "x axis keepdims"}, "Nanvar": {nanVariance, "x axis keepdims"}, "Nanstd": {nanDeviation, "x axis keepdims"},
	"IsIn": {among, "x1 x2 invert"}, "Angle": {angleOf, "x"},
	"quantization.fake_quant_with_min_max_args": {fakeQuantized, "inputs min max num_bits narrow_range"}, "quantization.fake_quant_with_min_max_vars": {fakeQuantized, "inputs min max num_bits narrow_range"},
	"quantization.fake_quant_with_min_max_vars_per_channel": {fakeQuantized, "inputs min max num_bits narrow_range"},
	"Select": {selected, "condlist choicelist default"},
	"OneHot": {oneHot, "x num_classes axis"}, "one_hot": {oneHot, "indices depth axis on_value off_value"},
	"Real": {same, "x"}, "Conj": {same, "x"}, "Conjugate": {same, "x"}, "Imag": {full(0), "x"}, "Isreal": {full(1), "x"}, // of what is no complex number

	// operators_matrix.go
	"Diagonal": {diagonal, "x offset axis1 axis2"}, "linalg.diag_part": {lastDiagonal, "input"},
	"Trace": {trace(diagonal), "x offset axis1 axis2"}, "linalg.trace": {trace(lastDiagonal), "x"},
	"Tril": {triangle(lowerPart), "x k"}, "Triu": {triangle(upperPart), "x k"}, "linalg.band_part": {band, "input num_lower num_upper"},
	"Cumsum": {runningSum, "x axis"}, "math.cumsum": {runningSum, "x axis exclusive reverse"}, "Nancumsum": {runningSumOfNumbers, "x axis"},
	"Cumprod": {runningProduct, "x axis"}, "math.cumprod": {runningProduct, "x axis"}, "Nancumprod": {runningProductOfNumbers, "x axis"},
	"Cross": {crossed, "x1 x2 axisa axisb axisc"}, "linalg.cross": {crossed, "a b axisa axisb axisc"},
	"Inner":     {innerProduct, "x1 x2"},
	"Trapezoid": {trapezoid, "y x dx axis"},

	// operators_stack.go
	"Hstack": {joinedOn(1), "xs"}, "Dstack": {joinedOn(2), "xs"},
	"Hsplit": {cutOn(1), "x indices_or_sections"}, "Dsplit": {cutOn(2), "x indices_or_sections"}, "ArraySplit": {cutUnevenly, "x indices_or_sections axis"},
	"Fliplr": {mirrored, "x"}, "Rot90": {quarterTurned, "array k axes"},
	"Rearrange": {rearranged, "tensor pattern"},

	// operators_shape.go
	"Reshape": {reshaped, "x newshape"}, "reshape": {reshaped, "tensor shape"},
	"Transpose": {transposed, "x axes"}, "transpose": {transposed, "a perm"},
	"Swapaxes": {swapped, "x axis1 axis2"}, "linalg.matrix_transpose": {matrixTurned, "a"}, "linalg.adjoint": {matrixTurned, "matrix"},
	"Moveaxis":   {moved, "x source destination"},
	"ExpandDims": {expanded, "x axis"}, "expand_dims": {expanded, "input axis|dim"},
	"Squeeze": {squeezed, "x axis"}, "squeeze": {squeezed, "input axis|squeeze_dims"},
	"Concatenate": {joined, "xs axis"}, "concat": {joined, "values axis"},
	"Append": {appended, "x1 x2 axis"},
	"Stack":  {stacked, "x axis"}, "stack": {stacked, "values axis"},
	"Split": {cutBy(false), "x indices_or_sections axis"}, "split": {cutBy(true), "value num_or_size_splits axis num"},
	"Unstack": {unstacked, "x num axis"}, "unstack": {unstacked, "value num axis"},
	"Flip": {flipped, "x axis"}, "reverse": {flipped, "tensor axis"}, "image.flip_left_right": {flippedOn(1), "image"}, "image.flip_up_down": {flippedOn(0), "image"},
	"DepthToSpace": {blocks(true), "x block_size data_format"}, "nn.depth_to_space": {blocks(true), "input block_size data_format"},
	"SpaceToDepth": {blocks(false), "x block_size data_format"}, "nn.space_to_depth": {blocks(false), "input block_size data_format"},
	"keras.backend.batch_flatten": {flattened, "x"},

	// operators_extents.go
	"shape": {shapeOf, "input"}, "rank": {rankOf, "input"},
	"ones": {filledShape(always(1)), "shape dtype"}, "zeros": {filledShape(always(0)), "shape dtype"},
	"fill": {filledShape(func(o *operation) float32 { return o.float(1, 0) }), "dims value"},

	// operators_slice.go
	"GetItem": {sliced, "x key"}, "__operators__.getitem": {sliced, "x slice_spec"},
	"Slice": {slicedFrom, "inputs start_indices shape"}, "slice": {slicedFrom, "input_ begin size"},
	"strided_slice": {sliceStrided, "input_ begin end strides begin_mask end_mask ellipsis_mask new_axis_mask shrink_axis_mask"}, "boolean_mask": {keptWhere, "tensor mask axis"},

	// operators_gather.go
	"Take": {takenFrom, "x indices axis"}, "gather": {takenFrom, "params indices axis batch_dims"},
	"Repeat": {repeated, "x repeats axis"}, "repeat": {repeated, "input repeats axis"},
	"Tile": {tiled, "x repeats"}, "tile": {tiled, "input multiples"},
	"BroadcastTo": {broadcastTo, "x shape"}, "broadcast_to": {broadcastTo, "input shape"},
	"Roll": {rolled, "x shift axis"}, "roll": {rolled, "input shift axis"},
	"Pad": {padded, "x pad_width mode constant_values"}, "pad": {padded, "tensor paddings mode constant_values"},
	"Diff":                   {differences, "a n axis"},
	"image.grayscale_to_rgb": {grayscaleToRGB, "images"},

	// operators_reduce.go
	"Sum": {reduce(nn.ReduceSum), "x axis keepdims"}, "math.reduce_sum": {ofFloats(reduce(nn.ReduceSum)), "input_tensor axis|reduction_indices keepdims|keep_dims"},
	"Mean": {reduce(nn.ReduceMean), "x axis keepdims"}, "math.reduce_mean": {ofFloats(reduce(nn.ReduceMean)), "input_tensor axis|reduction_indices keepdims|keep_dims"},
	"Max": {reduce(nn.ReduceMax), "x axis keepdims"}, "Amax": {reduce(nn.ReduceMax), "x axis keepdims"}, "math.reduce_max": {reduce(nn.ReduceMax), "input_tensor axis|reduction_indices keepdims|keep_dims"},
	"Min": {reduce(nn.ReduceMin), "x axis keepdims"}, "Amin": {reduce(nn.ReduceMin), "x axis keepdims"}, "math.reduce_min": {reduce(nn.ReduceMin), "input_tensor axis|reduction_indices keepdims|keep_dims"},
	"Prod": {reduce(nn.ReduceProd), "x axis keepdims"}, "math.reduce_prod": {productAlong, "input_tensor axis|reduction_indices keepdims|keep_dims"},
	"Argmax": {reduce(nn.ReduceArgMax), "x axis keepdims"}, "math.argmax": {reduce(nn.ReduceArgMax), "input axis"}, "argmax": {reduce(nn.ReduceArgMax), "input axis|dimension"},
	"Argmin": {reduce(nn.ReduceArgMin), "x axis keepdims"}, "math.argmin": {reduce(nn.ReduceArgMin), "input axis"}, "argmin": {reduce(nn.ReduceArgMin), "input axis|dimension"},
	"All": {truths(nn.ReduceMin), "x axis keepdims"}, "math.reduce_all": {truths(nn.ReduceMin), "input_tensor axis keepdims"},
	"Any": {truths(nn.ReduceMax), "x axis keepdims"}, "math.reduce_any": {truths(nn.ReduceMax), "input_tensor axis keepdims"},
	"CountNonzero": {truths(nn.ReduceSum), "x axis"}, "math.count_nonzero": {truths(nn.ReduceSum), "input axis keepdims|keep_dims dtype"}, "math.reduce_euclidean_norm": {norm, "input_tensor axis keepdims ord"},
	"Average": {weightedMean, "x axis weights"},
	"Var":     {variance, "x axis keepdims"}, "math.reduce_variance": {variance, "input_tensor axis keepdims"},
	"Std": {deviation, "x axis keepdims"}, "math.reduce_std": {deviation, "input_tensor axis keepdims"},
	"Moments": {moments, "x axes keepdims"}, "nn.moments": {moments, "x axes keepdims|keep_dims"},
	"Logsumexp": {logSumExp, "x axis keepdims"}, "math.reduce_logsumexp": {logSumExp, "input_tensor axis keepdims"},
	"image.per_image_standardization": {standardized, "image"},
	"Ptp":                             {spread, "x axis keepdims"},
	"Norm":                            {norm, "x axis keepdims ord"}, "norm": {norm, "tensor axis keepdims|keep_dims ord"},
	"Normalize":         {normalized, "x axis order epsilon"},
	"linalg.normalize":  {dividedByNorm, "tensor axis ord"},
	"clip_by_norm":      {clippedByNorm, "t clip_norm axes"},
	"math.l2_normalize": {l2Normalized, "x axis|dim epsilon"}, "nn.l2_normalize": {l2Normalized, "x axis|dim epsilon"},

	// operators_sort.go
	"Sort": {ordered(false), "x axis"}, "sort": {ordered(false), "values axis direction"},
	"Argsort": {ordered(true), "x axis"}, "argsort": {ordered(true), "values axis direction"},
	"TopK": {largestOf, "x k"}, "math.top_k": {largestOf, "input k"},
	"Median": {median, "x axis keepdims"}, "Quantile": {quantile(1, false), "x q axis method keepdims"}, "Percentile": {quantile(100, true), "x q axis method keepdims"},
	"TakeAlongAxis": {takenAlong, "x indices axis"},

	// operators_normalize.go
	"LayerNorm":                       {centred(true), "x gamma beta axis epsilon"},
	"RMSNorm":                         {centred(false), "x scale axis epsilon"},
	"BatchNorm":                       {standardizedBy, "x mean variance offset scale epsilon axis"},
	"nn.batch_normalization":          {standardizedBy, "x mean variance offset scale variance_epsilon"},
	"nn.fused_batch_norm":             {standardizedAtInference, "x mean variance offset scale epsilon"},
	"nn.local_response_normalization": {amongChannels, "input depth_radius bias alpha beta"}, "nn.lrn": {amongChannels, "input depth_radius bias alpha beta"},

	// operators_product.go
	"Matmul": {product, "x1 x2"}, "linalg.matmul": {product, "a b transpose_a transpose_b"}, "matmul": {product, "a b transpose_a transpose_b"},
	"Dot":       {contracted, "x1 x2"},
	"Tensordot": {contracted, "x1 x2 axes"}, "tensordot": {contracted, "a b axes"},
	"Einsum": {einsum, "x1 x2 subscripts"}, "einsum": {einsumWithoutTensors, "equation"},
	"nn.xw_plus_b": {denseOf, "x weights biases"}, "nn.relu_layer": {denseRectified, "x weights biases"},
	"Conv": {convolved, "inputs kernel strides padding data_format dilation_rate"}, "nn.conv2d": {convolved, "input filter|filters strides padding data_format dilations"},
	"nn.conv1d": {convolved, "value|input filters stride|strides padding data_format dilations"}, "nn.conv1d_transpose": {convolvedBack, "input filters output_shape strides padding data_format dilations"},
	"nn.max_pool1d": {pooled(maxPool), "input ksize strides padding data_format"}, "nn.avg_pool1d": {pooled(averagePool), "input ksize strides padding data_format"},
	"nn.convolution":      {convolved, "input filter|filters strides padding data_format dilations|dilation_rate"},
	"nn.conv2d_transpose": {convolvedBack, "input|value filter|filters output_shape strides padding data_format dilations"}, "nn.conv_transpose": {convolvedBack, "input filters output_shape strides padding data_format dilations"},
	"space_to_batch_nd": {takenApart, "input block_shape paddings"}, "batch_to_space_nd": {putTogether, "input block_shape crops"},
	"nn.pool":             {pooledBy, "input window_shape pooling_type strides padding data_format dilations|dilation_rate"},
	"DepthwiseConv":       {convolvedDepthwise, "inputs kernel strides padding data_format dilation_rate"},
	"nn.depthwise_conv2d": {convolvedDepthwise, "input filter strides padding data_format dilations|rate"},
	"MaxPool":             {pooled(maxPool), "inputs pool_size strides padding data_format"},
	"nn.max_pool":         {pooled(maxPool), "input|value ksize strides padding data_format"}, "nn.max_pool2d": {pooled(maxPool), "input ksize strides padding data_format"},
	"AveragePool": {pooled(averagePool), "inputs pool_size strides padding data_format"},
	"nn.avg_pool": {pooled(averagePool), "input|value ksize strides padding data_format"}, "nn.avg_pool2d": {pooled(averagePool), "input|value ksize strides padding data_format"},

	"nn.separable_conv2d": {convolvedSeparably, "input depthwise_filter pointwise_filter strides padding data_format dilations|rate"},
	"SeparableConv":       {convolvedSeparably, "inputs depthwise_kernel pointwise_kernel strides padding data_format dilation_rate"},
	"AdaptiveAveragePool": {adaptivelyPooled(adaptiveAveragePooling), "inputs output_size data_format"}, "AdaptiveMaxPool": {adaptivelyPooled(adaptiveMaxPooling), "inputs output_size data_format"},
	"DotProductAttention": {dotProductAttention, "query key value bias mask scale is_causal"},

	// operators_colour.go
	"RGBToHSV": {toHSV, "images data_format"}, "image.rgb_to_hsv": {toHSV, "images"}, "HSVToRGB": {fromHSV, "images data_format"}, "image.hsv_to_rgb": {fromHSV, "images"},
	"SobelEdges":              {sobelEdges, "images data_format"},
	"GaussianBlur":            {gaussianBlur, "images kernel_size sigma data_format"},
	"image.adjust_brightness": {adjusted(true, brighter), "image delta"}, "image.adjust_contrast": {adjusted(true, contrasted), "images contrast_factor"}, "image.adjust_gamma": {adjusted(true, gammaOf), "image gamma gain"},
	"image.adjust_hue": {adjusted(false, hueTurned), "image delta"}, "image.adjust_saturation": {adjusted(false, saturated), "image saturation_factor"},
	"image.rgb_to_yiq": {colours(rgbToYIQ), "images"}, "image.yiq_to_rgb": {colours(yiqToRGB), "images"}, "image.rgb_to_yuv": {colours(rgbToYUV), "images"}, "image.yuv_to_rgb": {colours(yuvToRGB), "images"},

	// layers_random.go
	"nn.dropout": {calmed, "x"}, "image.random_flip_left_right": {calmed, "image"}, "image.random_flip_up_down": {calmed, "image"},
	"image.random_brightness": {calmed, "image"}, "image.random_contrast": {calmed, "image"}, "image.random_hue": {calmed, "image"}, "image.random_saturation": {calmed, "image"},

	// operators_types.go
	"image.convert_image_dtype": {convertedImage, "image dtype saturate"},

	// operators_image.go
	"Resize":       {resized, "images size interpolation antialias crop_to_aspect_ratio pad_to_aspect_ratio fill_value"},
	"image.resize": {resized, "images size method antialias"}, "image.resize_with_pad": {resizedInFrame, "image target_height target_width method antialias"},
	"image.resize_images":   {resizedFromCorners(""), "images size method align_corners preserve_aspect_ratio"}, // of TensorFlow 1, as the next two
	"image.resize_bilinear": {resizedFromCorners(nn.ResizeBilinear), "images size align_corners half_pixel_centers"}, "image.resize_nearest_neighbor": {resizedFromCorners(nn.ResizeNearest), "images size align_corners half_pixel_centers"},
	"CropImages":      {cropped, "images top_cropping left_cropping bottom_cropping right_cropping target_height target_width"},
	"PadImages":       {framed, "images top_padding left_padding bottom_padding right_padding target_height target_width"},
	"AffineTransform": {mapped, "images transform interpolation fill_mode fill_value data_format"},
	"Unfold":          {unfolded, "input kernel_size dilation padding stride"}, "Fold": {foldedBack, "x output_size kernel_size dilation padding stride"},
	"ExtractPatches": {patches, "images size strides padding data_format dilation_rate"}, "image.extract_patches": {patches, "images|input sizes strides padding data_format rates"},
	"image.central_crop": {centre, "image central_fraction"}, "image.crop_to_bounding_box": {box, "image offset_height offset_width target_height target_width"},
	"image.pad_to_bounding_box": {boxAround, "image offset_height offset_width target_height target_width"}, "image.resize_with_crop_or_pad": {cutOrFramed, "image target_height target_width"},
	"image.transpose": {diagonally, "image"}, "image.rot90": {quarterTurnedImage, "image k"},
	"RGBToGrayscale": {grayscale, "images data_format"}, "image.rgb_to_grayscale": {grayscale, "images"},
}

func softmaxOver(axes []int) nn.Op    { return &nn.Softmax{Axes: axes} }
func logSoftmaxOver(axes []int) nn.Op { return &nn.LogSoftmax{Axes: axes} }
func sparsemaxOver(axes []int) nn.Op  { return &nn.Sparsemax{Axes: axes} }
func maxPool(w nn.Window) nn.Op       { return &nn.MaxPool{Window: w} }
func averagePool(w nn.Window) nn.Op   { return &nn.AvgPool{Window: w} }

package loader

import (
	"maps"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// stage is one operation of a layer. The last one's result is the layer's.
type stage struct {
	suffix string // of the node's name behind the layer's
	op     nn.Op
	kernel string // what Keras calls the operation's kernel or gamma, if it is called otherwise
	// reads are the stages whose results it reads, by their place; input(i) is an
	// input of the layer. nil: the stage before; of the first, all inputs.
	reads []int
	// saved returns the shape in which Keras stores a weight that has another shape
	// of as many elements in the operation; nil: none has.
	saved func(role string, shape nn.Shape) nn.Shape
	parts []part // the layer inside this one that has the weights, behind those that it is in
	// further says that what it makes is a further result of the layer.
	further bool
	// adjust changes the operation's kernel by other weights of the layer; nil: none do.
	adjust *adjustment
}

// part is a layer that another one has inside, such as the one that a wrapper
// wraps.
type part struct {
	name  string
	group string // where Keras 3 keeps its weights, below the group of the outer layer
	own   object // its entry in the outer layer's config; nil: it has none of its own
}

// input is what a stage reads that reads the layer's input i.
func input(i int) int { return ^i }

// class says what operations a layer of a Keras class is, from its config and
// the shapes of its inputs. It keeps errors in the fields.
type class func(f *fields, in []nn.Shape) []stage

// classes are the layer classes that this package reads, by Keras's name. A new
// one goes here, its function into the file of its family.
var classes = map[string]class{
	// layers_convolution.go
	"Conv2D":          planes(conv2D),
	"Convolution2D":   convolution1, // Keras 1
	"DepthwiseConv2D": planes(depthwiseConv2D),
	"SeparableConv2D": planes(separableConv2D),
	"Conv2DTranspose": planes(conv2DTranspose), // in layers_resize.go
	"Dense":           dense,

	// layers_resize.go
	"CenterCrop":   planes(centerCrop),
	"RandomCrop":   planes(randomCrop),
	"Resizing":     planes(resizing),
	"UpSampling2D": planes(upSampling),

	// layers_rows.go
	"AdaptiveAveragePooling1D": planes(onRows(adaptiveAveragePooling)),
	"AdaptiveMaxPooling1D":     planes(onRows(adaptiveMaxPooling)),
	"Conv1D":                   planes(onRows(conv2D)),
	"Conv1DTranspose":          planes(onRows(conv2DTranspose)),
	"DepthwiseConv1D":          planes(onRows(depthwiseConv2D)),
	"SeparableConv1D":          planes(onRows(separableConv2D)),
	"AveragePooling1D":         planes(averagePooling1D),
	"Cropping1D":               planes(cropping1D),
	"GlobalAveragePooling1D":   planes(globalAveragePooling1D),
	"GlobalMaxPooling1D":       planes(globalMaxPooling1D),
	"Masking":                  masking,
	"MaxPooling1D":             planes(maxPooling1D),
	"Permute":                  permute,
	"RepeatVector":             repeatVector,
	"UpSampling1D":             planes(upSampling1D),
	"ZeroPadding1D":            planes(zeroPadding1D),

	// layers_merge.go
	"Average":  average,
	"Dot":      dot,
	"Maximum":  maximum,
	"Minimum":  minimum,
	"Subtract": subtract,

	// layers_wrapper.go
	"Pipeline":              pipeline,
	"SpectralNormalization": spectralNormalization,
	"TimeDistributed":       timeDistributed,

	// layers_attention.go
	"AdditiveAttention":     additiveAttention,
	"Attention":             attention,
	"EinsumDense":           einsumDense, // in layers_einsum.go
	"GroupedQueryAttention": groupedQueryAttention,
	"MultiHeadAttention":    multiHeadAttention,

	// layers_pooling.go
	"MaxPooling2D":             planes(maxPooling),
	"AveragePooling2D":         planes(averagePooling),
	"GlobalMaxPooling2D":       planes(globalMaxPooling),
	"GlobalAveragePooling2D":   planes(globalAveragePooling),
	"AdaptiveAveragePooling2D": planes(adaptiveAveragePooling),
	"AdaptiveMaxPooling2D":     planes(adaptiveMaxPooling),
	"ZeroPadding2D":            planes(zeroPadding),
	"Cropping2D":               planes(cropping),

	// layers_normalization.go
	"BatchNormalization":     batchNormalization,
	"BatchNormalizationV1":   batchNormalization, // tf.keras of TensorFlow 1
	"BatchNormalizationV2":   batchNormalization, // tf.keras of TensorFlow 1
	"SyncBatchNormalization": batchNormalization,
	"GroupNormalization":     groupNormalization,
	"LayerNormalization":     layerNormalization,
	"RMSNormalization":       rmsNormalization,
	"UnitNormalization":      unitNormalization,
	"AutoContrast":           autoContrast,
	"Normalization":          normalization,
	"Rescaling":              rescaling,
	"LayerScale":             layerScale,       // of keras.applications' ConvNeXt
	"CustomScaleLayer":       customScaleLayer, // of keras.applications' InceptionResNetV2

	// layers_local.go
	"LocallyConnected1D": onRows(locallyConnected(true)), // Keras 2
	"LocallyConnected2D": locallyConnected(false),        // Keras 2

	// layers_equalization.go
	"ContrastLimitedAdaptiveHistogramEqualization": planes(localEqualization),

	// layers_activation.go
	"Activation":      activationLayer,
	"ReLU":            reLU,
	"LeakyReLU":       leakyReLU,
	"PReLU":           pReLU,
	"ThresholdedReLU": thresholdedReLU, // Keras 1 and 2
	"ELU":             eLU,
	"Softmax":         softmax,

	// layers_shape.go
	"Add":         add,
	"Multiply":    multiply,
	"Concatenate": concatenate,
	"Merge":       merge, // Keras 1
	"Flatten":     planes(flatten),
	"Reshape":     reshape,

	// Layers that act in training only.
	"ActivityRegularization":  identity,
	"AlphaDropout":            identity,
	"AugMix":                  identity,
	"CutMix":                  identity,
	"Dropout":                 identity,
	"GaussianDropout":         identity,
	"GaussianNoise":           identity,
	"Equalization":            identity,
	"Identity":                identity,
	"MaxNumBoundingBoxes":     identity,
	"MixUp":                   identity,
	"RandAugment":             identity,
	"RandomBrightness":        identity,
	"RandomColorDegeneration": identity,
	"RandomColorJitter":       identity,
	"RandomContrast":          identity,
	"RandomElasticTransform":  identity,
	"RandomErasing":           identity,
	"RandomFlip":              identity,
	"RandomGaussianBlur":      identity,
	"RandomGrayscale":         identity,
	"RandomHeight":            identity,
	"RandomHue":               identity,
	"RandomInvert":            identity,
	"RandomPerspective":       identity,
	"RandomPosterization":     identity,
	"RandomRotation":          identity,
	"RandomSaturation":        identity,
	"RandomSharpness":         identity,
	"RandomShear":             identity,
	"RandomTranslation":       identity,
	"RandomWidth":             identity,
	"RandomZoom":              identity,
	"Solarization":            identity,
	"SpatialDropout1D":        identity,
	"SpatialDropout2D":        identity,
}

// stages returns the operations of one call of the layer.
func (l *layer) stages(c call, in []nn.Shape) ([]stage, error) {
	class, ok := classes[l.class]
	if !ok && (l.class == "Lambda" || strings.Contains(l.class, ">")) {
		return nil, advise(unsupported("a layer that is code, which does not run here"), ownCode)
	} else if r, known := refusals[l.class]; !ok && known {
		return nil, r.err()
	} else if !ok {
		return nil, advise(unsupported("layers of this class, which Keras 3 does not have"), ownCode)
	}
	f := newFields(l.config)
	c = l.calm(c)
	if f.causal = c.constants["use_causal_mask"] == true && len(l.takes()) > 1; f.causal {
		c.constants = maps.Clone(c.constants)
		delete(c.constants, "use_causal_mask")
	}
	if f.shows = c.constants["return_attention_scores"] == true && len(l.takes()) > 1; f.shows {
		c.constants = maps.Clone(c.constants)
		delete(c.constants, "return_attention_scores")
	}
	if err := c.refuseConstants(l.class); err != nil {
		return nil, err
	}
	f.before3, f.adapters, f.known, f.named = l.before3, l.adapters, classes, c.named
	for _, name := range c.named {
		if !slices.Contains(l.takes(), name) {
			return nil, unsupported("called with the argument %s=a tensor", name)
		}
	}
	if l.padsBySize {
		class = zeroPaddingBySize
	}
	stages := class(f, in)
	err := f.done()
	l.short = f.short
	return stages, err
}

// tensorArguments are the names by which layers take tensors, of attended.
var tensorArguments = map[string][]string{
	"AdditiveAttention":      attended[:5],
	"Attention":              attended[:5],
	"GlobalAveragePooling1D": {"mask"}, // and a TimeDistributed of it
	"GroupedQueryAttention":  attended[:7],
	"MultiHeadAttention":     attended[:7],
	"Softmax":                {"mask"},
}

// takes returns the names by which the layer takes tensors.
func (l *layer) takes() []string {
	class, _, _ := l.unwrapped()
	if class != l.class && class != "GlobalAveragePooling1D" {
		return nil
	}
	return tensorArguments[class]
}

// single is a layer of one operation.
func single(op nn.Op) []stage { return []stage{{op: op}} }

// first returns the shape of the only input, or nil: then the operation's own
// Infer says what is wrong.
func first(in []nn.Shape) nn.Shape {
	if len(in) == 0 {
		return nil
	}
	return in[0]
}

// identity ignores the config: nothing in it matters at inference.
func identity(f *fields, _ []nn.Shape) []stage {
	for name := range f.config {
		f.ignore(name)
	}
	return single(&nn.Identity{})
}

package loader

// Why classes of Keras are refused, and what to do.
const (
	recurrent   = "a recurrent layer; sequences are not computed here, only nets of pictures"
	oneAxis     = "a convolution over one axis; write it as one over two, of a window 1 wide, behind a Reshape"
	threeAxes   = "it works on volumes; pictures have two axes"
	words       = "it works on words or categories, not on pictures"
	sound       = "it works on sound, not on pictures"
	foreignCode = "it runs code of another framework, which is not in the file"
	abstract    = "a base of other layers, not one by itself"
	sharedKeys  = "attention whose heads share keys, which vision transformers do not use; MultiHeadAttention is read"
	atInference = "it changes pictures at inference too: take it out of the model, and apply it to the pictures"
)

// refusals are the layers of Keras 3.15 that are not read, and why.
var refusals = map[string]string{
	"AdaptiveAveragePooling1D":                     "pooling to a given number of rows; pool by AveragePooling1D",
	"AdaptiveAveragePooling3D":                     threeAxes,
	"AdaptiveMaxPooling1D":                         "pooling to a given number of rows; pool by MaxPooling1D",
	"AdaptiveMaxPooling3D":                         threeAxes,
	"AutoContrast":                                 atInference,
	"AveragePooling3D":                             threeAxes,
	"Bidirectional":                                recurrent,
	"CategoryEncoding":                             words,
	"ContrastLimitedAdaptiveHistogramEqualization": atInference,
	"Conv1D":                 oneAxis,
	"Conv1DTranspose":        oneAxis,
	"Conv3D":                 threeAxes,
	"Conv3DTranspose":        threeAxes,
	"ConvLSTM1D":             recurrent,
	"ConvLSTM2D":             recurrent,
	"ConvLSTM3D":             recurrent,
	"Cropping3D":             threeAxes,
	"DepthwiseConv1D":        oneAxis,
	"Discretization":         words,
	"Embedding":              words,
	"FlaxLayer":              foreignCode,
	"GRU":                    recurrent,
	"GRUCell":                recurrent,
	"GlobalAveragePooling3D": threeAxes,
	"GlobalMaxPooling3D":     threeAxes,
	"GroupQueryAttention":    sharedKeys,
	"GroupedQueryAttention":  sharedKeys, // its name in an .h5 file
	"HashedCrossing":         words,
	"Hashing":                words,
	"IntegerLookup":          words,
	"JaxLayer":               foreignCode,
	"LSTM":                   recurrent,
	"LSTMCell":               recurrent,
	"Lambda":                 "code of the user's: " + ownCode,
	"Layer":                  abstract,
	"MaxPooling3D":           threeAxes,
	"MelSpectrogram":         sound,
	"Pipeline":               "a list of augmentations: put the model's own layers into the model, one after the other",
	"RNN":                    recurrent,
	"ReversibleEmbedding":    words,
	"STFTSpectrogram":        sound,
	"SeparableConv1D":        oneAxis,
	"SimpleRNN":              recurrent,
	"SimpleRNNCell":          recurrent,
	"SpatialDropout3D":       threeAxes,
	"StackedRNNCells":        recurrent,
	"StringLookup":           words,
	"TFSMLayer":              foreignCode,
	"TextVectorization":      words,
	"TorchModuleWrapper":     foreignCode,
	"UpSampling3D":           threeAxes,
	"Wrapper":                abstract,
	"ZeroPadding3D":          threeAxes,
}

package loader

// refusal says why a class of Keras is refused, and what to do.
type refusal struct{ why, advice string }

func (r refusal) String() string { return r.why + "; " + r.advice }

func (r refusal) err() error { return advise(unsupported("layers of this class: %s", r.why), r.advice) }

var (
	recurrent   = refusal{"a recurrent layer, which works on sequences", inKeras}
	threeAxes   = refusal{"it works on volumes; pictures have two axes", inKeras}
	words       = refusal{"it works on words or categories, not on pictures", inKeras}
	sound       = refusal{"it works on sound, not on pictures", inKeras}
	foreignCode = refusal{"it runs code of another framework, which is not in the file", ownCode}
	abstract    = refusal{"a base of other layers, not one by itself", ownCode}
)

// refusals are the layers of Keras 3.15 that are not read, and why.
var refusals = map[string]refusal{
	"AdaptiveAveragePooling3D": threeAxes,
	"AdaptiveMaxPooling3D":     threeAxes,
	"AveragePooling3D":         threeAxes,
	"Bidirectional":            recurrent,
	"CategoryEncoding":         words,
	"Conv3D":                   threeAxes,
	"Conv3DTranspose":          threeAxes,
	"ConvLSTM1D":               recurrent,
	"ConvLSTM2D":               recurrent,
	"ConvLSTM3D":               recurrent,
	"Cropping3D":               threeAxes,
	"Discretization":           words,
	"Embedding":                words,
	"FlaxLayer":                foreignCode,
	"GRU":                      recurrent,
	"GRUCell":                  recurrent,
	"GlobalAveragePooling3D":   threeAxes,
	"GlobalMaxPooling3D":       threeAxes,
	"HashedCrossing":           words,
	"Hashing":                  words,
	"IntegerLookup":            words,
	"JaxLayer":                 foreignCode,
	"LSTM":                     recurrent,
	"LSTMCell":                 recurrent,
	"Lambda":                   {"code of the user's", ownCode},
	"Layer":                    abstract,
	"MaxPooling3D":             threeAxes,
	"MelSpectrogram":           sound,
	"RNN":                      recurrent,
	"ReversibleEmbedding":      words,
	"STFTSpectrogram":          sound,
	"SimpleRNN":                recurrent,
	"SimpleRNNCell":            recurrent,
	"SpatialDropout3D":         threeAxes,
	"StackedRNNCells":          recurrent,
	"StringLookup":             words,
	"TFSMLayer":                foreignCode,
	"TextVectorization":        words,
	"TorchModuleWrapper":       foreignCode,
	"UpSampling3D":             threeAxes,
	"Wrapper":                  abstract,
	"ZeroPadding3D":            threeAxes,
}

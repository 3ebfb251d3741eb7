package loader

import (
	"io"

	"github.com/vkeras/vkeras/nn"
)

// Model is what a file holds.
type Model struct {
	Graph *nn.Graph // with its weights

	Name         string // of the model in its config, or of the graph of WithGraph
	Format       Format
	KerasVersion string // of the Keras that wrote the file; "" where it doesn't say
	Backend      string // of that Keras: "tensorflow", "jax", "torch"; "" where it doesn't say
	HasOptimizer bool   // the file also holds the state of the optimizer, which is not read

	// ShortType is the type in which Keras computes some of the layers, "float16" or
	// "bfloat16", where their dtype says so: here all are computed in float32, or in
	// what is asked for, so that the numbers differ in the digits that Keras's lack. ""
	// where Keras computes in float32.
	ShortType string

	// Random says, a sentence each, which layers Keras would apply at random even at
	// inference, as Dropout called with training=True: here they do nothing, so that
	// answers are the same each time and not those of one run of Keras.
	Random []string

	// NotFinite names the weights with values that are not finite, and says how
	// many: empty in any file that training did not break. Kernels that are left
	// in the file are not among them: see WithDeferredWeights.
	NotFinite []string

	// Inside is the path of what was read, where a folder or a zip archive was
	// opened that it was found in: "converted/keras_model.h5". Empty means that
	// what was opened is the model.
	Inside string
	// Labels are the classes' names, in the order of the outputs, where a file
	// beside the model has them, as Teachable Machine writes it; nil for none.
	Labels []string
	// TeachableMachine says that Teachable Machine made the model, to classify
	// pictures whose values are x / 127.5 - 1.
	TeachableMachine bool

	deferred bool
	files    io.Closer // nil unless kernels are still in them
}

// Close closes the files that deferred weights are in; without such there is
// nothing to close.
func (m *Model) Close() error {
	if m.files == nil {
		return nil
	}
	return m.files.Close()
}

// Format is a kind of file, or of folder, that Keras writes.
type Format int

// The formats, told apart by content.
const (
	LegacyModel   Format = iota + 1 // HDF5 file of model.save: config and weights
	LegacyWeights                   // HDF5 file of save_weights of Keras 1 and 2
	Keras3Weights                   // .weights.h5 of Keras 3, and of Keras 2 from 2.12 on
	Archive                         // .keras zip archive: config and weights
	SavedModel                      // folder of Keras 2's model.save: config, weights and a program, which is not read
	Checkpoint                      // TensorFlow checkpoint of Keras 2's save_weights, or of tf.train.Checkpoint
	LayersModel                     // TensorFlow.js: model.json with config, and shards of weights
)

// String describes the format for people.
func (f Format) String() string {
	switch f {
	case LegacyModel:
		return "Keras HDF5 model"
	case LegacyWeights:
		return "Keras HDF5 weights"
	case Keras3Weights:
		return "Keras 3 weights"
	case Archive:
		return "Keras archive"
	case SavedModel:
		return "SavedModel of Keras 2"
	case Checkpoint:
		return "TensorFlow checkpoint"
	case LayersModel:
		return "TensorFlow.js layers model"
	default:
		return "unknown format"
	}
}

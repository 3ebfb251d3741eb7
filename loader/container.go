package loader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/vkeras/vkeras/loader/foreign"
	"github.com/vkeras/vkeras/loader/hdf5"
	"github.com/vkeras/vkeras/loader/tensorbundle"
	"github.com/vkeras/vkeras/loader/tfjs"
)

// container is a model's parts, in a file or in several.
type container struct {
	format                Format
	kerasVersion, backend string
	hasOptimizer          bool
	inside                string   // the model's path in the folder or archive that it was found in
	labels                []string // of the classes, where a file beside the model names them
	teachable             bool     // Teachable Machine made the model, of pictures

	config     []byte // nil where there is none
	configName string // where it is in the files
	size       int64  // of the files, in bytes
	room       int64  // bytes that the weights may take, as float32

	// Where the weights are: one of these.
	weights    *hdf5.Group          // that the layers are in
	checkpoint *tensorbundle.Bundle // of which objects says what belongs to which layer
	arrays     []tfjs.Array

	objects    *tensorbundle.ObjectGraph
	layerNames map[string]string // by path in objects, where the file says
}

const hdf5Signature = "\x89HDF\r\n\x1a\n"

// nest says what an archive may be.
type nest struct {
	folder     bool  // it may hold a model's folder or file, as a folder does
	inflatable int64 // bytes of it that may be inflated into memory
}

// outermost is for files that are in no other.
func outermost(size int64) nest { return nest{folder: true, inflatable: maxInflatedBytes(size)} }

// openContainer tells by its content what a file is.
func openContainer(r io.ReaderAt, size int64, n nest) (*container, error) {
	head := make([]byte, min(max(size, 0), foreign.HeadBytes))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return openArchive(r, size, n)
	case bytes.HasPrefix(head, []byte(hdf5Signature)):
		return openHDF5(r, size)
	case tfjs.IsModel(head):
		return nil, advise(unsupported("model.json of a TensorFlow.js model, whose weights are files beside it"), "name it where they are, or its folder")
	case tensorbundle.IsTable(r, size):
		return nil, advise(unsupported("a table of TensorFlow: the index of a checkpoint (x.index) without its weights (x.data-), or a checkpoint of the first format (V1)"), "name an index where its weights are, or save the model anew as .h5")
	}
	// HDF5 may begin behind a block of the user's.
	c, err := openHDF5(r, size)
	if !errors.Is(err, hdf5.ErrFormat) {
		return c, err
	}
	if k, ok := foreign.Identify(head); ok {
		return nil, foreignError(k)
	}
	return nil, advise(malformed("%d bytes that begin with % x: no file of Keras, TensorFlow or TensorFlow.js", size, head[:min(len(head), 8)]), "a model is .keras, .h5, a SavedModel, a checkpoint or TensorFlow.js's model.json")
}

// foreignError says what a file is in place of a model.
func foreignError(k foreign.Kind) error {
	if k.Lost {
		return advise(malformed("%s", k.Name), k.Advice)
	}
	return advise(unsupported("%s", k.Name), k.Advice)
}

// openHDF5 reads an HDF5 file, of whichever Format.
func openHDF5(r io.ReaderAt, size int64) (*container, error) {
	file, err := hdf5.Open(r, size)
	if err != nil {
		return nil, hdf5Error(err)
	}
	root := file.Root()
	c := &container{weights: root, size: size, room: maxWeightBytes(size)}
	if c.kerasVersion, err = optionalText(root, "keras_version"); err != nil {
		return nil, err
	}
	if c.backend, err = optionalText(root, "backend"); err != nil {
		return nil, err
	}
	config, err := optionalText(root, "model_config")
	if err != nil {
		return nil, err
	}
	switch names := root.AttrNames(); {
	case config != "":
		c.format, c.config, c.configName = LegacyModel, []byte(config), "the attribute model_config"
		c.hasOptimizer = root.Has("optimizer_weights")
		if c.weights, err = root.Group("model_weights"); err != nil {
			return nil, hdf5Error(err)
		}
	case slices.Contains(names, "layer_names"), slices.Contains(names, "layer_names0"):
		c.format = LegacyWeights
	case root.IsGroup(containers[0]), root.IsGroup(containers[1]):
		c.format = Keras3Weights
		c.hasOptimizer = root.Has("optimizer")
	case slices.Contains(names, "nb_layers"):
		return nil, advise(unsupported("weights of Keras 0.x (nb_layers), which number the layers without naming them"), "load them with that Keras and save the model anew, or take keras.applications' weights")
	default:
		return nil, advise(malformed("an HDF5 file, but not Keras's: no model_config, layer_names or layers"), "save the model in Keras, by model.save")
	}
	if c.backend == "theano" {
		return nil, advise(unsupported("weights of the Theano backend, whose kernels are flipped"), "load and save the model with Keras on TensorFlow")
	}
	return c, nil
}

// kerasMajor returns the first number of the version that wrote the file, 0
// where it doesn't say.
func (c *container) kerasMajor() int {
	major, _, _ := strings.Cut(c.kerasVersion, ".")
	n, _ := strconv.Atoi(major)
	return n
}

// bind finds the datasets of a network's variables.
func (c *container) bind(n *network) ([]binding, error) {
	switch c.format {
	case LegacyModel, LegacyWeights:
		return bindLegacy(n, c)
	case SavedModel, Checkpoint:
		return bindCheckpoint(n, c)
	case LayersModel:
		return bindArrays(n, c.arrays)
	default:
		return bindKeras3(n, c.weights)
	}
}

// optionalText returns an attribute that is a string, "" where there is none.
func optionalText(g *hdf5.Group, name string) (string, error) {
	a, err := g.Attr(name)
	if errors.Is(err, hdf5.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", hdf5Error(err)
	}
	s, err := a.Text()
	if err != nil {
		return "", hdf5Error(fmt.Errorf("%s: %w", name, err))
	}
	return s, nil
}

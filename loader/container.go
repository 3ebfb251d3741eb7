package loader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/vkeras/vkeras/loader/hdf5"
)

// container is a file's parts.
type container struct {
	format                Format
	kerasVersion, backend string
	hasOptimizer          bool

	config     []byte      // nil where there is none
	configName string      // where it is in the file
	weights    *hdf5.Group // that the layers are in
	size       int64       // of the file, in bytes
	room       int64       // bytes that the weights may take, as float32
}

// openContainer tells by its content what a file is.
func openContainer(r io.ReaderAt, size int64) (*container, error) {
	head := make([]byte, min(max(size, 0), 512))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return openArchive(r, size)
	case bytes.HasPrefix(head, []byte("\x89HDF\r\n\x1a\n")):
		return openHDF5(r, size)
	case bytes.HasPrefix(head, []byte("version https://git-lfs")):
		return nil, malformed("a Git LFS pointer in place of the file")
	case bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{")):
		return nil, unsupported("a JSON file: a config has no weights, and an index of sharded weights is not read")
	}
	// HDF5 may begin behind a block of the user's.
	c, err := openHDF5(r, size)
	if errors.Is(err, hdf5.ErrFormat) {
		return nil, malformed("neither HDF5 nor a .keras archive")
	}
	return c, err
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
	default:
		return nil, malformed("an HDF5 file, but not Keras's: no model_config, layer_names or layers")
	}
	if c.backend == "theano" {
		return nil, unsupported("weights of the Theano backend, whose kernels are flipped: load and save the model with Keras on TensorFlow")
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

package loader

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vkeras/vkeras/loader/foreign"
	"github.com/vkeras/vkeras/loader/savedmodel"
	"github.com/vkeras/vkeras/loader/tensorbundle"
	"github.com/vkeras/vkeras/loader/tfjs"
	"github.com/vkeras/vkeras/nn"
)

// openFolder opens the one model in a folder; it is known by its name there.
func openFolder(f folder) (*container, error) {
	found, err := find(f)
	if err != nil {
		return nil, err
	}
	return found.container(f)
}

// container opens a candidate.
func (c candidate) container(f folder) (*container, error) {
	opened, err := c.open(f, c.name)
	if err != nil {
		if c.name != "." && !errors.As(err, new(*fs.PathError)) {
			err = fmt.Errorf("%s: %w", c.name, err)
		}
		return nil, err
	}
	if c.name != "." {
		opened.inside = path.Join(c.name, opened.inside)
	}
	return opened, nil
}

// named opens a candidate that was not searched for.
func (c candidate) named(f folder) (*container, error) { return c.open(f, c.name) }

// measure sets how large the files are that a container's parts come from. All
// of them have been opened.
func (c *container) measure(f folder) *container {
	bytes, held := f.size()
	c.size, c.room = bytes, maxWeightBytes(bytes)-held
	return c
}

// openFile opens a file of a folder that holds a model by itself.
func openFile(f folder, name string) (*container, error) {
	p, err := f.open(name)
	if err != nil {
		return nil, err
	}
	c, err := openContainer(p, p.size, nest{inflatable: f.room()})
	if err != nil {
		return nil, err
	}
	labels(f, name, c)
	inside := maxWeightBytes(c.size) - c.room // held by an archive in the folder
	c.measure(f)
	c.room -= inside
	return c, nil
}

// openUnpacked opens the folder of a .keras archive that was unpacked.
func openUnpacked(f folder, dir string) (*container, error) {
	config, err := f.read(path.Join(dir, "config.json"), maxConfigBytes)
	if err != nil {
		return nil, err
	}
	weights, err := f.open(path.Join(dir, "model.weights.h5"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, advise(unsupported("sharded weights (model.weights.json)"), "save the model in one file")
	} else if err != nil {
		return nil, err
	}
	c, err := openHDF5(weights, weights.size)
	if err != nil {
		return nil, err
	}
	metadata, err := f.read(path.Join(dir, "metadata.json"), maxConfigBytes)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return c.measure(f).asArchive(config, metadata)
}

// maxSavedModelBytes bounds saved_model.pb and keras_metadata.pb where they are
// read; the programs of the largest of keras.applications have 20 MB.
const maxSavedModelBytes = 256 << 20

// openSavedModel opens the folder of a SavedModel.
func openSavedModel(f folder, dir string) (*container, error) {
	m, err := readMetadata(f, dir)
	if errors.Is(err, savedmodel.ErrNoKeras) {
		return nil, advise(unsupported("%w: plain TensorFlow or Keras 3's export wrote it, and it has a program in place of layers", err), "save the Keras model as .keras or .h5")
	} else if err != nil {
		return nil, err
	}
	c, err := openVariables(f, path.Join(dir, "variables", "variables"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, advise(malformed("a SavedModel without its weights: there is no %s", path.Join("variables", "variables.index")), "copy the whole folder")
	} else if err != nil {
		return nil, err
	}
	c.format, c.config, c.configName, c.layerNames = SavedModel, m.Config, "its metadata", m.Names
	c.kerasVersion, c.backend, c.hasOptimizer = m.KerasVersion, m.Backend, m.Compiled
	labels(f, dir, c)
	return c.measure(f), nil
}

func readMetadata(f folder, dir string) (*savedmodel.Metadata, error) {
	text, err := f.read(path.Join(dir, "keras_metadata.pb"), maxSavedModelBytes)
	if err == nil {
		m, err := savedmodel.ParseMetadata(text)
		return m, formatError(within("keras_metadata.pb", err))
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	text, err = f.read(path.Join(dir, "saved_model.pb"), maxSavedModelBytes)
	if err != nil {
		return nil, err
	}
	if k, ok := foreign.Identify(text[:min(len(text), foreign.HeadBytes)]); ok && k.Lost {
		return nil, foreignError(k)
	}
	m, err := savedmodel.ParseSavedModel(text)
	return m, formatError(within("saved_model.pb", err))
}

func within(name string, err error) error {
	if err == nil || errors.Is(err, savedmodel.ErrNoKeras) {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// openCheckpoint opens a checkpoint by the prefix of its files' names.
func openCheckpoint(f folder, prefix string) (*container, error) {
	c, err := openVariables(f, prefix)
	if err != nil {
		return nil, err
	}
	// One that no config fits is refused before a config is asked for.
	_, c.hasOptimizer, err = (&checkpoint{objects: c.objects}).model()
	return c, err
}

// openVariables opens a tensor bundle and its object graph.
func openVariables(f folder, prefix string) (*container, error) {
	index, err := f.open(prefix + ".index")
	if err != nil {
		return nil, err
	}
	head, err := f.head(prefix+".index", foreign.HeadBytes)
	if err != nil {
		return nil, err
	}
	if k, ok := foreign.Identify(head); ok && k.Lost {
		return nil, fmt.Errorf("%s.index: %w", path.Base(prefix), foreignError(k))
	}
	b, err := tensorbundle.Open(index, index.size, func(i, n int) (io.ReaderAt, int64, error) {
		name := tensorbundle.ShardName(prefix, i, n)
		p, err := f.open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, 0, malformed("there is no %s, in which weights are", path.Base(name))
		} else if err != nil {
			return nil, 0, err
		}
		return p, p.size, nil
	})
	if err != nil {
		return nil, formatError(err)
	}
	c := &container{format: Checkpoint, checkpoint: b}
	if c.objects, err = b.ObjectGraph(); errors.Is(err, tensorbundle.ErrNotFound) {
		return nil, advise(unsupported("a checkpoint of TensorFlow 1's Saver, without an object graph"), "load it in Keras and save the model as .h5")
	} else if err != nil {
		return nil, formatError(err)
	}
	return c.measure(f), nil
}

// openLayersModel opens a TensorFlow.js layers model by its model.json.
func openLayersModel(f folder, name string) (*container, error) {
	text, err := f.read(name, tfjs.MaxModelBytes)
	if err != nil {
		return nil, err
	}
	m, err := tfjs.ParseModel(text)
	if err != nil {
		return nil, formatError(err)
	}
	c := &container{format: LayersModel, config: m.Config, configName: "modelTopology", kerasVersion: m.KerasVersion, backend: m.Backend}
	for _, g := range m.Groups {
		var shards []tfjs.Shard
		for _, shard := range g.Shards {
			p, err := f.open(path.Join(path.Dir(name), shard))
			if errors.Is(err, fs.ErrNotExist) {
				return nil, malformed("there is no %q beside it, in which weights are", shard)
			} else if err != nil {
				return nil, err
			}
			shards = append(shards, tfjs.Shard{ReaderAt: p, Size: p.size})
		}
		arrays, err := g.Arrays(shards)
		if err != nil {
			return nil, formatError(err)
		}
		c.arrays = append(c.arrays, arrays...)
	}
	labels(f, name, c)
	return c.measure(f), nil
}

// teachable are the models of Teachable Machine's downloads.
var teachable = []string{"keras_model.h5", "model.savedmodel"}

// labels reads what Teachable Machine calls the classes of the model in a file or
// folder, from metadata.json or labels.txt beside it. What is not as it writes
// them is passed over.
func labels(f folder, name string, c *container) {
	dir := path.Dir(name)
	if text, err := f.read(path.Join(dir, "metadata.json"), tfjs.MaxMetadataBytes); err == nil {
		if m, ok := tfjs.ParseMetadata(text); ok {
			c.labels, c.teachable = m.Labels, m.Package == tfjs.ImagePackage
			return
		}
	}
	if text, err := f.read(path.Join(dir, "labels.txt"), tfjs.MaxMetadataBytes); err == nil {
		c.labels = numbered(string(text))
		c.teachable = c.labels != nil && slices.Contains(teachable, path.Base(name))
	}
}

// labelsOf returns the labels if they are names of the graph's outputs.
func (c *container) labelsOf(g *nn.Graph) []string {
	if len(g.Outputs) != 1 || !g.Outputs[0].Shape.Equal(nn.Shape{len(c.labels)}) {
		return nil
	}
	for _, l := range c.labels {
		if l == "" || !utf8.ValidString(l) || strings.ContainsFunc(l, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return nil
		}
	}
	return c.labels
}

// numbered reads labels.txt of Teachable Machine: "0 cat", "1 dog", a line each.
// Nil is another file.
func numbered(text string) []string {
	var labels []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		label, ok := strings.CutPrefix(line, fmt.Sprint(len(labels), " "))
		if line == "" {
			continue
		} else if !ok {
			return nil
		}
		labels = append(labels, label)
	}
	return labels
}

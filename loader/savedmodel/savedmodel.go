package savedmodel

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/vkeras/vkeras/internal/pythonjson"
)

var (
	// ErrFormat says that the file is damaged, or not what its name says.
	ErrFormat = errors.New("malformed SavedModel")
	// ErrNoKeras says that the SavedModel is a program without the layers that it
	// was made of.
	ErrNoKeras = errors.New("a SavedModel without Keras's metadata")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrFormat, fmt.Errorf(format, args...))
}

// Bounds of what is read.
const (
	maxObjects   = 1 << 20
	maxLinks     = 1 << 20  // from layers to layers
	maxLinkBytes = 64       // of a link's name: "layer_with_weights-0"
	maxDepth     = 16       // of models in models
	maxText      = 16 << 20 // bytes of what is said of the model itself: its config, twice
)

// Metadata is what Keras says of a model.
type Metadata struct {
	Config       []byte // what model.to_json() returned: class_name and config
	KerasVersion string
	Backend      string
	Compiled     bool // the model has an optimizer, a loss or metrics

	// Names are the layers' names by where they are in the model:
	// "layer_with_weights-0/layer_with_weights-2", as in a bundle's object graph.
	Names map[string]string
}

// rootPath is the path of the model itself.
const rootPath = "root"

// ParseMetadata reads keras_metadata.pb: SavedMetadata, of which nodes = 1, each
// a SavedObject with node_path = 3, identifier = 4 and metadata = 5.
func ParseMetadata(file []byte) (*Metadata, error) {
	m := &Metadata{Names: map[string]string{}}
	root := false
	err := fields(file, func(number protowire.Number, node []byte) error {
		if number != 1 {
			return nil
		}
		var path, text string
		if err := fields(node, func(number protowire.Number, value []byte) error {
			switch number {
			case 3:
				path = string(value)
			case 5:
				text = string(value)
			}
			return nil
		}); err != nil {
			return err
		}
		if path == rootPath {
			root = true
			return m.model(text)
		}
		if path, ok := strings.CutPrefix(path, rootPath+"."); ok {
			return m.layer(strings.ReplaceAll(path, ".", "/"), text)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !root {
		return nil, fmt.Errorf("%w: its metadata is not of a model", ErrNoKeras)
	}
	return m, nil
}

// model reads what is said of the model itself.
func (m *Metadata) model(text string) error {
	if len(text) > maxText {
		return malformed("metadata of %d bytes", len(text))
	}
	type network struct {
		Class  string          `json:"class_name"`
		Config json.RawMessage `json:"config"`
		Shape  json.RawMessage `json:"build_input_shape,omitempty"`
	}
	var root struct {
		network
		Model    *network        `json:"model_config"`
		Version  string          `json:"keras_version"`
		Backend  string          `json:"backend"`
		Training json.RawMessage `json:"training_config"`
	}
	if err := pythonjson.Unmarshal([]byte(text), &root); err != nil {
		return malformed("the model's metadata: %w", err)
	}
	// Both say the same, but the model's config has lists for tuples, as
	// to_json() has.
	said := &root.network
	if root.Model != nil && root.Model.Config != nil {
		said = root.Model
	}
	if said.Config == nil {
		return fmt.Errorf("%w: its metadata of class %q has no config", ErrNoKeras, root.Class)
	}
	said.Shape = nil
	var err error
	if m.Config, err = json.Marshal(said); err != nil {
		return malformed("the model's metadata: %w", err)
	}
	m.KerasVersion, m.Backend = root.Version, root.Backend
	m.Compiled = root.Training != nil && string(root.Training) != "null"
	return nil
}

// layer notes the name of the layer at a path, if it is one.
func (m *Metadata) layer(path, text string) error {
	if text == "" { // a list, or another object that is not Keras's
		return nil
	}
	var layer struct {
		Name string `json:"name"`
	}
	if err := pythonjson.Unmarshal([]byte(text), &layer); err != nil {
		return malformed("metadata of %s: %w", path, err)
	}
	if layer.Name != "" {
		m.Names[path] = layer.Name
	}
	return nil
}

// ParseSavedModel reads what TensorFlow 2.0 to 2.4 wrote into saved_model.pb:
// SavedModel, meta_graphs = 2, each with object_graph_def = 7, of which nodes = 1.
func ParseSavedModel(file []byte) (*Metadata, error) {
	var objects [][]byte
	graphs := 0
	err := fields(file, func(number protowire.Number, graph []byte) error {
		if number != 2 {
			return nil
		}
		if graphs++; graphs > 1 {
			return malformed("several graphs")
		}
		return fields(graph, func(number protowire.Number, value []byte) error {
			if number != 7 {
				return nil
			}
			return fields(value, func(number protowire.Number, object []byte) error {
				if number != 1 {
					return nil
				}
				if len(objects) == maxObjects {
					return malformed("more than %d objects", maxObjects)
				}
				objects = append(objects, object)
				return nil
			})
		})
	})
	if err != nil {
		return nil, err
	}
	if len(objects) == 0 {
		return nil, fmt.Errorf("%w: it has no objects, as TensorFlow 1 wrote it", ErrNoKeras)
	}
	w := walk{Metadata: &Metadata{Names: map[string]string{}}, objects: objects, seen: map[uint64]bool{}}
	if err := w.visit(0, "", 0); err != nil {
		return nil, err
	}
	return w.Metadata, nil
}

// walk visits the layers in the object graph of a SavedModel.
type walk struct {
	*Metadata
	objects [][]byte
	seen    map[uint64]bool
	links   int
}

// visit reads a SavedObject: children = 1, each with node_id = 1 and local_name =
// 2, and user_object = 4, of which metadata = 3.
func (w *walk) visit(id uint64, path string, depth int) error {
	if w.seen[id] || depth > maxDepth {
		return nil
	}
	w.seen[id] = true
	type child struct {
		id   uint64
		name string
	}
	var children []child
	var text string
	err := fields(w.objects[id], func(number protowire.Number, value []byte) error {
		switch number {
		case 1:
			var c child
			if err := eachField(value, func(number protowire.Number, v uint64, b []byte) error {
				switch number {
				case 1:
					c.id = v
				case 2:
					c.name = string(b)
				}
				return nil
			}); err != nil {
				return err
			}
			if strings.HasPrefix(c.name, "layer") && len(c.name) <= maxLinkBytes {
				children = append(children, c)
			}
			if w.links++; w.links > maxLinks {
				return malformed("more than %d links between objects", maxLinks)
			}
		case 4:
			return fields(value, func(number protowire.Number, value []byte) error {
				if number == 3 {
					text = string(value)
				}
				return nil
			})
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch {
	case id != 0:
		err = w.layer(path, text)
	case text == "":
		err = ErrNoKeras
	default:
		err = w.model(text)
	}
	if err != nil {
		return err
	}
	for _, c := range children {
		if c.id >= uint64(len(w.objects)) {
			return malformed("object %d of %d", c.id, len(w.objects))
		}
		if err := w.visit(c.id, strings.TrimPrefix(path+"/"+c.name, "/"), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// fields visits the fields of a message that have bytes.
func fields(b []byte, visit func(protowire.Number, []byte) error) error {
	return eachField(b, func(number protowire.Number, _ uint64, value []byte) error {
		if value == nil {
			return nil
		}
		return visit(number, value)
	})
}

// eachField visits the fields of a message that have a varint or bytes, and
// passes over those of other types.
func eachField(b []byte, visit func(number protowire.Number, varint uint64, bytes []byte) error) error {
	for len(b) > 0 {
		number, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return malformed("%w", protowire.ParseError(n))
		}
		b = b[n:]
		var varint uint64
		var bytes []byte
		switch typ {
		case protowire.VarintType:
			varint, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(number, typ, b)
		}
		if n < 0 {
			return malformed("%w", protowire.ParseError(n))
		}
		b = b[n:]
		if err := visit(number, varint, bytes); err != nil {
			return err
		}
	}
	return nil
}

package tfjs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/vkeras/vkeras/internal/pythonjson"
)

var (
	// ErrFormat says that the model is damaged, or contradicts itself.
	ErrFormat = errors.New("malformed TensorFlow.js model")
	// ErrUnsupported says that the model is sound as far as was read, but uses
	// something that this package does not read; the message names it.
	ErrUnsupported = errors.New("unsupported TensorFlow.js model")
	// ErrGraphModel is a model that is a program, without layers.
	ErrGraphModel = fmt.Errorf("%w: a graph model, which is a program without layers", ErrUnsupported)
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrFormat, fmt.Errorf(format, args...))
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnsupported, fmt.Errorf(format, args...))
}

// MaxModelBytes bounds model.json: the largest of keras.applications have 1 MB.
const MaxModelBytes = 16 << 20

// Bounds of the manifest. A weight has some 100 bytes, a shard is of 4 MB.
const (
	maxManifestBytes = 1 << 20
	maxShards        = 512
	maxRank          = 8
)

// Model is what model.json says.
type Model struct {
	Config       []byte // what model.to_json() returned: class_name and config
	KerasVersion string // "2.15.0", or "tfjs-layers 4.22.0"
	Backend      string
	Groups       []Group
}

// Group is a run of shards, and the weights that stand in them.
type Group struct {
	Shards  []string // names of files beside model.json, in order
	Weights []Weight
}

// IsModel reports whether a file begins as model.json does: a JSON object that
// soon has a modelTopology.
func IsModel(head []byte) bool {
	s := bytes.TrimLeft(head, " \t\r\n")
	return bytes.HasPrefix(s, []byte("{")) && bytes.Contains(s, []byte(`"modelTopology"`))
}

// topology is a network, as TensorFlow.js saves it, or around it what Keras says
// of a model in an HDF5 file.
type topology struct {
	Class   string          `json:"class_name"`
	Config  json.RawMessage `json:"config"`
	Version string          `json:"keras_version"`
	Backend string          `json:"backend"`
	Model   *topology       `json:"model_config"`
	Nodes   json.RawMessage `json:"node"` // of a graph model
}

type manifest struct {
	Paths   []string         `json:"paths"`
	Weights []manifestWeight `json:"weights"`
}

type manifestWeight struct {
	Name         string        `json:"name"`
	Shape        []json.Number `json:"shape"`
	Type         string        `json:"dtype"`
	Quantization *struct {
		Type  string   `json:"dtype"`
		Min   *float64 `json:"min"`
		Scale *float64 `json:"scale"`
	} `json:"quantization"`
}

// ParseModel reads model.json.
func ParseModel(text []byte) (*Model, error) {
	if len(text) > MaxModelBytes {
		return nil, unsupported("a model.json of %d bytes, above %d", len(text), MaxModelBytes)
	}
	var file struct {
		Format   string          `json:"format"`
		Topology json.RawMessage `json:"modelTopology"`
		Manifest json.RawMessage `json:"weightsManifest"`
	}
	if err := pythonjson.Unmarshal(text, &file); err != nil {
		return nil, malformed("%w", err)
	}
	if file.Topology == nil || string(file.Topology) == "null" {
		return nil, malformed("no modelTopology")
	}
	var t topology
	if err := json.Unmarshal(file.Topology, &t); err != nil {
		return nil, malformed("modelTopology: %w", err)
	}
	if file.Format == "graph-model" || t.Nodes != nil {
		return nil, ErrGraphModel
	}
	m := &Model{KerasVersion: t.Version, Backend: t.Backend}
	if t.Model != nil {
		t.Class, t.Config = t.Model.Class, t.Model.Config
	}
	if t.Config == nil {
		return nil, malformed("modelTopology has no config")
	}
	var err error
	if m.Config, err = json.Marshal(map[string]any{"class_name": t.Class, "config": t.Config}); err != nil {
		return nil, malformed("modelTopology: %w", err)
	}
	if file.Manifest == nil {
		return nil, malformed("no weightsManifest: a model without its weights")
	}
	return m, m.parseManifest(file.Manifest)
}

func (m *Model) parseManifest(text json.RawMessage) error {
	if len(text) > maxManifestBytes {
		return unsupported("a weightsManifest of %d bytes, above %d", len(text), maxManifestBytes)
	}
	var groups []manifest
	if err := json.Unmarshal(text, &groups); err != nil {
		return malformed("weightsManifest: %w", err)
	}
	names, shards := map[string]bool{}, map[string]bool{}
	for _, g := range groups {
		var group Group
		for _, p := range g.Paths {
			p = strings.TrimPrefix(p, "./") // as browsers save it
			group.Shards = append(group.Shards, p)
			if !plain(p) {
				return unsupported("a shard that is not beside model.json: %q", p)
			}
			if shards[p] {
				return malformed("the shard %q twice", p)
			}
			if shards[p] = true; len(shards) > maxShards {
				return unsupported("more than %d shards", maxShards)
			}
		}
		for _, w := range g.Weights {
			parsed, err := w.parse()
			if err != nil {
				return fmt.Errorf("weight %q: %w", w.Name, err)
			}
			if names[w.Name] {
				return malformed("weight %q twice", w.Name)
			}
			names[w.Name] = true
			group.Weights = append(group.Weights, parsed)
		}
		m.Groups = append(m.Groups, group)
	}
	return nil
}

// plain reports whether a path is the name of a file in the same folder.
func plain(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, `/\:`) && utf8.ValidString(name)
}

// parse checks what the manifest says of a weight.
func (w manifestWeight) parse() (Weight, error) {
	parsed := Weight{name: w.Name, float: w.Type == "float32" || w.Type == "float16", stored: w.Type, scale: 1}
	if len(w.Shape) > maxRank {
		return Weight{}, malformed("%d axes", len(w.Shape))
	}
	elements := int64(1)
	for _, d := range w.Shape {
		n, err := d.Int64()
		if err != nil || n < 0 || n > math.MaxInt32 || elements > math.MaxInt32/max(n, 1) {
			return Weight{}, malformed("shape %v", w.Shape)
		}
		elements *= max(n, 1)
		parsed.shape = append(parsed.shape, int(n))
	}
	if q := w.Quantization; q != nil {
		parsed.stored = q.Type
		switch q.Type {
		case "float16":
		case "uint8", "uint16":
			if q.Min == nil || q.Scale == nil {
				return Weight{}, malformed("quantised to %s without min and scale", q.Type)
			}
			parsed.min, parsed.scale = *q.Min, *q.Scale
		default:
			return Weight{}, unsupported("quantised to %q", q.Type)
		}
	}
	if width(parsed.stored) == 0 {
		return Weight{}, unsupported("elements of type %q", parsed.stored)
	}
	return parsed, nil
}

// MaxMetadataBytes bounds metadata.json.
const MaxMetadataBytes = 1 << 20

// Metadata is what Teachable Machine says of a model.
type Metadata struct {
	Labels  []string `json:"labels"`      // the classes' names, in the order of the outputs
	Package string   `json:"packageName"` // what makes the model's input: ImagePackage
}

// ImagePackage is the Package of models that pictures are classified with.
const ImagePackage = "@teachablemachine/image"

// ParseMetadata reads metadata.json; ok is false where the file is another's.
func ParseMetadata(text []byte) (m Metadata, ok bool) {
	if len(text) > MaxMetadataBytes || json.Unmarshal(text, &m) != nil {
		return Metadata{}, false
	}
	return m, len(m.Labels) > 0
}

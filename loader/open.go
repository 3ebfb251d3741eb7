package loader

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/loader/foreign"
	"github.com/vkeras/vkeras/loader/tfjs"
	"github.com/vkeras/vkeras/nn"
)

// Option changes how a file is read.
type Option func(*options)

type options struct {
	config []byte
	graph  *nn.Graph
	input  nn.Shape
	bySize []string // layers of config: see WithPaddingBySize
	choose func(*Weights) ([]Option, error)
	forces bool // weights alone are expected

	adapters  bool // the file has the weights of adapters beside the kernels
	quantizes bool // attention is quantized as other layers are

	defers    bool
	notFinite func(weights string)
}

// WithConfig gives a file of weights alone its architecture: the text that
// model.to_json() returned, from any version of Keras.
func WithConfig(config []byte) Option { return func(o *options) { o.config = config } }

// WithPaddingBySize lets the ZeroPadding2D layers of these names in a config pad for
// the size of what they read, as imagenet_utils.correct_pad of keras.applications
// does when it builds a net: n - 1 positions before an even number of them, n before
// an odd one, and n behind, as the config has.
func WithPaddingBySize(layers []string) Option { return func(o *options) { o.bySize = layers } }

// WithGraph gives a file of weights alone its architecture. The graph's layers
// must have Keras's names and classes; it receives the weights, some of them
// even if reading fails.
func WithGraph(g *nn.Graph) Option { return func(o *options) { o.graph = g } }

// WithInputShape gives the shape of one image, such as (224, 224, 3), to a
// model whose config leaves its height and width open. It must agree with what
// the config says; an extent of 0 is the config's own.
func WithInputShape(shape nn.Shape) Option { return func(o *options) { o.input = shape } }

// WithDeferredWeights leaves large kernels in the file: nn.Load reads them when
// they are needed, so that they are never all in memory at once. The file must
// stay as it is and, with Open, open until Model.Close; with Read, r must be
// good for reading from several goroutines until then. What is wrong with the
// kernels' bytes is an error of nn.Load, everything else one of Open.
//
// A kernel with values that are not finite is told to notFinite, in the words of
// Model.NotFinite, when it is read for the first time: from any goroutine, by
// one at a time. Nil is told nothing.
func WithDeferredWeights(notFinite func(weights string)) Option {
	if notFinite == nil {
		notFinite = func(string) {}
	}
	return func(o *options) { o.defers, o.notFinite = true, notFinite }
}

// Open reads the Keras model in a file or folder, of any Format. A checkpoint may
// be named by any of its files or, as in Keras, by what their names have in
// common; a folder or zip archive is searched for the one model in it. Errors wrap
// ErrFormat, ErrUnsupported, ErrWeights or ErrNoArchitecture, or are the system's.
func Open(path string, opts ...Option) (*Model, error) {
	m, err := open(path, opts)
	if system := new(os.PathError); err != nil && (!errors.As(err, &system) || system.Path != path) {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return m, err
}

func open(path string, opts []Option) (*Model, error) {
	c, files, err := openPath(path)
	if err != nil {
		return nil, printable(err)
	}
	m, err := c.model(opts)
	if err != nil || !m.deferred {
		files.Close()
		return m, printable(err)
	}
	m.files = files
	return m, nil
}

// openPath opens what a path names. The files are the caller's to close.
func openPath(path string) (*container, io.Closer, error) {
	info, err := os.Stat(path)
	var failed *fs.PathError
	if errors.As(err, &failed) {
		failed.Op = "open" // as all others say
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, missing := os.Stat(path + ".index"); missing != nil {
			return nil, nil, err
		}
		dir, base := filepath.Split(path)
		return inFolder(dir, candidate{base, openCheckpoint}.named)
	}
	switch {
	case err != nil:
		return nil, nil, err
	case info.IsDir():
		return inFolder(path, openFolder)
	case !info.Mode().IsRegular():
		return nil, nil, advise(unsupported("not a regular file"), "copy it into one")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	if whole, ok := partOf(file, info.Size()); ok {
		file.Close()
		return inFolder(filepath.Dir(path), whole.named)
	}
	c, err := openContainer(file, info.Size(), outermost(info.Size()))
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return c, file, nil
}

// shardName is the name of a checkpoint's data file.
var shardName = regexp.MustCompile(`^(.+)\.data-\d{5}-of-\d{5}$`)

// partOf returns the model of which a file is one of several in its folder.
func partOf(file *os.File, size int64) (candidate, bool) {
	base := filepath.Base(file.Name())
	if prefix, ok := strings.CutSuffix(base, ".index"); ok {
		return candidate{prefix, openCheckpoint}, true
	}
	if m := shardName.FindStringSubmatch(base); m != nil {
		return candidate{m[1], openCheckpoint}, true
	}
	head := make([]byte, min(size, foreign.HeadBytes))
	if n, _ := file.ReadAt(head, 0); n < len(head) {
		return candidate{}, false
	}
	switch {
	case tfjs.IsModel(head):
		return candidate{base, openLayersModel}, true
	case base == "saved_model.pb", base == "keras_metadata.pb":
		return candidate{".", openSavedModel}, true
	}
	return candidate{}, false
}

// inFolder opens a model in a folder of the disk.
func inFolder(dir string, open func(folder) (*container, error)) (*container, io.Closer, error) {
	f, err := openDisk(filepath.Clean(dir))
	if err != nil {
		return nil, nil, err
	}
	c, err := open(f)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return c, f, nil
}

// Read reads the Keras model in the first size bytes of r, as Open does. The
// model keeps nothing of r, unless its weights are deferred.
func Read(r io.ReaderAt, size int64, opts ...Option) (*Model, error) {
	c, err := openContainer(r, size, outermost(size))
	if err != nil {
		return nil, printable(err)
	}
	m, err := c.model(opts)
	return m, printable(err)
}

// model reads the model whose parts were found.
func (c *container) model(opts []Option) (*Model, error) {
	var o options
	for _, option := range opts {
		option(&o)
	}
	if err := o.recognise(c); err != nil {
		return nil, err
	}
	o.adapters = c.format == LegacyModel || c.format == LegacyWeights
	g, n, err := o.architecture(c)
	if err != nil {
		return nil, err
	}
	bindings, err := c.bound(n)
	if err != nil && n.quantizeAttention() {
		o.quantizes = true
		if again, layers, other := o.architecture(c); other == nil {
			if found, other := c.bound(layers); other == nil {
				g, n, bindings, err = again, layers, found, nil
			}
		}
	}
	if err != nil {
		return nil, err
	}
	notFinite, err := o.readAll(bindings)
	if err != nil {
		return nil, err
	}
	n.adjustAll()
	return &Model{
		Graph: g, Name: g.Name, Format: c.format, ShortType: n.shortType(), Random: n.random(),
		KerasVersion: c.kerasVersion, Backend: c.backend, HasOptimizer: c.hasOptimizer, deferred: o.defers,
		NotFinite: notFinite, Inside: c.inside, Labels: c.labelsOf(g), TeachableMachine: c.teachable,
	}, nil
}

// bound finds the weights of the layers, and room for them.
func (c *container) bound(n *network) ([]binding, error) {
	bindings, err := c.bind(n)
	if err != nil {
		return nil, err
	}
	return bindings, c.checkRoom(bindings)
}

// architecture returns the graph to fill, and its layers as the file of the
// weights knows them.
func (o *options) architecture(c *container) (*nn.Graph, *network, error) {
	switch {
	case o.config != nil && o.graph != nil:
		return nil, nil, errors.New("WithConfig and WithGraph exclude each other")
	case c.config != nil && (o.config != nil || o.graph != nil):
		return nil, nil, c.hasItsOwn()
	case o.graph != nil:
		n, err := ofGraph(o.graph)
		if err == nil && o.input != nil && !o.graph.Inputs[0].Shape.Equal(o.input) {
			err = advise(unsupported("input shape %v for a graph of input shape %v", o.input, o.graph.Inputs[0].Shape), "give no input size")
		}
		return o.graph, n, err
	case o.config != nil:
		g, n, err := o.parse("the config", o.config)
		return g, n, ofConfig(err)
	case c.config != nil:
		return o.parse(c.configName, c.config)
	default:
		return nil, nil, fmt.Errorf("%w (%v)", ErrNoArchitecture, c.format)
	}
}

// ofConfig ends an error of a config that is a file by itself.
func ofConfig(err error) error {
	if errors.Is(err, ErrFormat) {
		return advise(err, anewConfig)
	}
	return err
}

// hasItsOwn refuses another architecture for a file.
func (c *container) hasItsOwn() error {
	return advise(unsupported("another architecture for a file that has its own (%v)", c.format), "give no config and no architecture with it")
}

func (o *options) parse(what string, config []byte) (*nn.Graph, *network, error) {
	n, err := parseConfig(what, config)
	if err != nil {
		return nil, nil, err
	}
	for _, l := range n.layers {
		l.padsBySize = slices.Contains(o.bySize, l.name)
	}
	if o.quantizes {
		n.quantizeAttention()
	}
	if o.adapters {
		n.eachLeaf("", false, func(_ string, _ bool, l *layer) { l.adapters = true })
	}
	g, err := assemble(n, o.input)
	return g, n, err
}

// ParseConfig makes the graph of what model.to_json() returned; it has no
// weights. Only WithInputShape and WithPaddingBySize act.
func ParseConfig(config []byte, opts ...Option) (*nn.Graph, error) {
	var o options
	for _, option := range opts {
		option(&o)
	}
	g, _, err := o.parse("the config", config)
	return g, printable(ofConfig(err))
}

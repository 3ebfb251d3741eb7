package applications

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

//go:embed table
var table embed.FS

// entry is an architecture of the table: see tools/keras/applications_table.py.
type entry struct {
	Name     string // mobilenetv2-0.35
	Function string // of keras.applications: MobileNetV2
	Maker    string // "keras 3.15.1"
	Family   string // the table's file that has its configs
	Line     int    // of the config with the top in that file; that without is the next
	Preset   pictures.Preset
	Input    nn.Shape    // of one image, where Keras's function is not told
	Classes  [][2]string // layer and field that have the number of classes
	Head     nn.Shape    // of the last kernel, without the classes
	Body     digest      // of all weights but the last kernel and its bias
	Features digest      // of the weights of the net without its top
	Padded   []string    // layers whose padding depends on whether what they read is even
	Twin     bool        // the net of that name as tf_keras builds it, of other layers: for whole files alone
	Flat     int         // rows of the first kernel behind a Flatten; 0 where there is none
}

// digest stands for the shapes of a net's weights, in any order.
type digest uint64

func (d *digest) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 16, 64)
	*d = digest(n)
	return err
}

// of returns the digest of one weight.
func digestOf(shape nn.Shape) digest {
	if len(shape) == 0 {
		return 0
	}
	var parts []string
	for _, n := range shape {
		if n != 1 {
			parts = append(parts, strconv.Itoa(n))
		}
	}
	const offset, prime = 0xcbf29ce484222325, 0x100000001b3 // FNV-1a
	h := uint64(offset)
	for _, c := range []byte(strings.Join(parts, ",")) {
		h = (h ^ uint64(c)) * prime
	}
	return digest(h)
}

// digestOfGraph returns the digest of a graph's weights.
func digestOfGraph(params []nn.NodeParam) (sum digest) {
	for _, p := range params {
		sum += digestOf(p.Shape)
	}
	return sum
}

// entries returns the table's index.
var entries = sync.OnceValue(func() []entry {
	text, err := table.ReadFile("table/index.json")
	var all []entry
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		panic(fmt.Sprintf("applications: the embedded table: %v", err)) // the build's fault: the tests read all of it
	}
	return all
})

// ofWeights returns the entries that weights alone can be.
var ofWeights = sync.OnceValue(func() (all []*entry) {
	for i := range entries() {
		if e := &entries()[i]; !e.Twin {
			all = append(all, e)
		}
	}
	return all
})

// text returns the config, as model.to_json() gave it.
func (e *entry) text(top bool) ([]byte, error) {
	packed, err := table.ReadFile("table/" + e.Family + ".zst")
	if err != nil {
		return nil, err
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	text, err := d.DecodeAll(packed, nil)
	if err != nil {
		return nil, err
	}
	line := e.Line
	if !top {
		line++
	}
	lines := bytes.Split(text, []byte("\n"))
	if line >= len(lines) {
		return nil, fmt.Errorf("%s has %d lines, not %d", e.Family, len(lines), line)
	}
	return slices.Clip(lines[line]), nil
}

// imagenetClasses is how many classes the nets of keras.applications tell apart.
const imagenetClasses = 1000

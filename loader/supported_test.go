package loader

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/supported.md")

// kerasNames are what Keras has, as tools/keras/names.py lists it.
type kerasNames struct {
	Keras       string
	Layers      map[string]string // the class by each of its names
	Activations []string
	Operations  map[string]*string // the class that a model is saved with; nil: none
}

// docs/supported.md is written by this test with -update, from the tables of the
// code and the names in Keras.
func TestTheTableOfWhatIsSupportedIsCurrent(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "keras_names.json"))
	require.NoError(t, err)
	var names kerasNames
	require.NoError(t, json.Unmarshal(text, &names))
	path := filepath.Join("..", "docs", "supported.md")
	got := supported(t, names)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "go test ./loader -run Supported -update writes it anew")
}

func supported(t *testing.T, names kerasNames) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What of Keras is computed\n\n")
	fmt.Fprintf(&b, "Every layer, activation and operation of Keras %s, from the tables of package loader: `go test ./loader -run Supported -update` writes this file.\n", names.Keras)
	fmt.Fprintf(&b, "Files of Keras 1 and 2 have the same layers under their names. What is refused is refused by name, when a file is opened.\n")
	layerTable(t, &b, names)
	activationTable(t, &b, names)
	operationTable(t, &b, names)
	return b.String()
}

func layerTable(t *testing.T, b *strings.Builder, names kerasNames) {
	aliases := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(names.Layers)) {
		if class := names.Layers[name]; class != name {
			aliases[class] = append(aliases[class], name)
		}
	}
	classNames := slices.Sorted(maps.Values(names.Layers))
	fmt.Fprintf(b, "\n## Layers\n\n| layer | computed | |\n|---|---|---|\n")
	for _, class := range slices.Compact(classNames) {
		_, known := classes[class]
		why := refusals[class]
		note := notes[class]
		if len(aliases[class]) > 0 {
			note = strings.TrimPrefix(note+"; also "+strings.Join(aliases[class], ", "), "; ")
		}
		switch {
		case known || class == "InputLayer":
			require.Empty(t, why, class)
			fmt.Fprintf(b, "| %s | yes | %s |\n", class, note)
		default:
			require.NotEmpty(t, why, "%s is neither read nor refused with a reason", class)
			fmt.Fprintf(b, "| %s | refused | %s |\n", class, why)
		}
	}
	fmt.Fprintf(b, "\nBesides: ")
	var others []string
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		if !slices.Contains(classNames, class) {
			others = append(others, class)
		}
	}
	fmt.Fprintf(b, "%s, of Keras 1 and 2 and of keras.applications.\n", strings.Join(others, ", "))
	for class := range refusals {
		require.Contains(t, append(slices.Collect(maps.Keys(names.Layers)), classNames...), class, "a reason for what is not in Keras")
	}
}

func activationTable(t *testing.T, b *strings.Builder, names kerasNames) {
	fmt.Fprintf(b, "\n## Activations\n\n| activation | computed | |\n|---|---|---|\n")
	for _, name := range names.Activations {
		_, isFunction := functions[name]
		_, isDistribution := distributions[name]
		switch {
		case isFunction || isDistribution || name == "glu":
			fmt.Fprintf(b, "| %s | yes | %s |\n", name, notes[name])
		default:
			require.NotEmpty(t, notes[name], name)
			fmt.Fprintf(b, "| %s | refused | %s |\n", name, notes[name])
		}
	}
}

// notes say what is special about a layer or an activation.
var notes = map[string]string{
	"AutoContrast":       "acts at inference too",
	"BatchNormalization": "called with `training=True` in Keras 2: refused, for what it says of a picture depends on the others in the batch",
	"ContrastLimitedAdaptiveHistogramEqualization": "acts at inference too",
	"Conv2D":                "in groups too, and channels first; in Keras 2 of feature maps in front of each other",
	"Dense":                 "quantized to int8, int4 and float8 too",
	"Dropout":               "called with `training=True` in Keras 2, where its results are random: it does nothing, and the model says so",
	"EinsumDense":           "any equation with the batch in front; quantized to int8, int4 and float8 too",
	"Equalization":          "acts in training only",
	"LayerNormalization":    "any axes, in two places at most",
	"Masking":               "attention and GlobalAveragePooling1D leave out what it masks; layers that merge tensors merge their masks",
	"MaxNumBoundingBoxes":   "pictures pass",
	"MultiHeadAttention":    "along any axes, with its scores; masks by call and by Masking, causal masks and windows along the first axis; quantized to int8, int4 and float8 too",
	"RMSNormalization":      "over the last axes: Keras's own scale fits no others",
	"RandomCrop":            "at inference Keras 2 resizes, Keras 3 does nothing: refused where it would have to crop",
	"Resizing":              "every interpolation",
	"Softmax":               "any axes; a mask that its call has; behind Masking, where Keras fails: refused",
	"Solarization":          "acts in training only",
	"SpectralNormalization": "as saved",
	"TimeDistributed":       "of a layer or a model, whatever is inside of it; what does not treat positions alike, at most 256 times",
	"glu":                   "Keras infers another shape than it computes, so that only the last layer can have it",
	"hard_sigmoid":          "in files of Keras 2 that of Keras 2",
	"sparsemax":             "as Keras computes it, whose results do not sum to 1",
	"threshold":             "its numbers are in no file",
}

func operationTable(t *testing.T, b *strings.Builder, names kerasNames) {
	fmt.Fprintf(b, "\n## Operations outside of layers\n\nFunctions of `keras.ops` on tensors of a model, and operators such as `x / 127.5 - 1`. TensorFlow's functions in models of Keras 2 are listed in `loader/operators_table.go`.\n")
	fmt.Fprintf(b, "\n| operation | computed | |\n|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(names.Operations)) {
		class := names.Operations[name]
		switch {
		case class == nil:
			fmt.Fprintf(b, "| %s | - | no operation of a saved model |\n", name)
		case known(*class) && !strings.HasSuffix(name, "_3d"):
			fmt.Fprintf(b, "| %s | yes | %s|\n", name, operationNotes[name])
		default:
			require.NotEmpty(t, whyNot(name), "%s is neither computed nor refused with a reason", name)
			fmt.Fprintf(b, "| %s | refused | %s |\n", name, whyNot(name))
		}
	}
}

// operationNotes say what is special about an operation.
var operationNotes = map[string]string{
	"image.affine_transform": "by numbers of the config ",
	"argmax":                 eitherZero,
	"argmin":                 eitherZero,
	"adaptive_average_pool":  otherShape,
	"adaptive_max_pool":      otherShape,
	"broadcast_to":           fixedBatch,
	"rearrange":              fixedBatch,
	"reshape":                "to parts of pictures on the batch's axis too, such as windows: at most 256 of each ",
	"slice":                  fixedBatch,
}

const (
	eitherZero = "0 and -0 are equal, as in Keras 2 "
	fixedBatch = "of all pictures; Keras itself wants their number fixed "
	otherShape = "Keras infers another shape than it computes, and cannot load what it saved "
)

func known(class string) bool { _, ok := operators[class]; return ok }

// whyNot says what kind of operation is refused, by the words of its name.
func whyNot(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '_' })
	for _, kind := range []struct{ why, words string }{
		{"it mixes the pictures of a batch, which are independent of each other", "ravel vstack vsplit flipud outer vdot diag diagflat"},
		{"a loss or a measure", "crossentropy ctc psnr ssim in corrcoef correlate cdist histogram bincount digitize allclose"},
		{"linear algebra, no part of nets of pictures", "linalg cholesky det eig eigh inv lstsq lu matrix norm pinv qr slogdet logdet solve svd kron vander"},
		{"control flow: a program", "cond fori map scan switch while vectorize vectorized jvp"},
		{"complex numbers or spectra", "fft fft2 ifft2 rfft irfft stft istft polar view sequences"},
		{"bits and whole numbers", "bitwise shift gcd lcm signbit nextafter ldexp"},
		{"its result is sorted, sought, or of a size that values decide", "partition argpartition unique nonzero searchsorted nanmedian nanquantile nanpercentile"},
		{"it gathers or scatters at positions that are values", "scatter segment hot update unravel coordinates"},
		{"it moves pixels, which is done to pictures before they are classified", "elastic perspective translate"},
		{"it asks or makes a program's arrays, not a model's tensors", "array arange full like ndim size meshgrid linspace geomspace logspace tri"},
		{"a special function, which no kernel computes", "erfinv i0"},
		{"in a model it fails in Keras itself; take the layer Conv2DTranspose", "transpose"},
		{"volumes; pictures have two axes", "3d"},
		{"it seeks among what is no number, which no net of pictures does", "nanargmax nanargmin"},
	} {
		for _, word := range strings.Fields(kind.words) {
			if slices.Contains(words, word) {
				return kind.why
			}
		}
	}
	return ""
}

package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/applications"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/internal/kerasdata"
	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// applicationsFolder names the folder that tools/keras/applications.py wrote, and
// applicationsTable the document whose table of these nets is to be renewed: 12 GB,
// and hours of work, so only `make applications` sets them.
const (
	applicationsFolder = "VKERAS_APPLICATIONS"
	applicationsTable  = "VKERAS_APPLICATIONS_TABLE"
)

// application is one model of that folder.
type application struct {
	Model, Maker string
	Containers   []string

	folder        string
	x, out, exact *nn.Tensor // what Keras fed, and computed in float32 and float64
}

func readApplications(t *testing.T) []application {
	t.Helper()
	folder := os.Getenv(applicationsFolder)
	if folder == "" {
		t.Skip(applicationsFolder + " names no folder: see `make applications`")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*", "about.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var all []application
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		a := application{folder: filepath.Dir(file)}
		require.NoError(t, json.Unmarshal(text, &a))
		for name, x := range map[string]**nn.Tensor{"input": &a.x, "output": &a.out, "exact": &a.exact} {
			*x = kerasdata.ReadNPY(t, filepath.Join(a.folder, name+".npy"))
		}
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b application) int { return cmp.Compare(a.place(), b.place()) })
	return all
}

// place returns where the model stands among the built-in architectures.
func (a application) place() int {
	return slices.Index(applications.Names(), strings.ToLower(a.Model))
}

func (a application) open(t *testing.T, container string) *loader.Model {
	t.Helper()
	m, err := loader.Open(filepath.Join(a.folder, container), applications.Recognition(applications.Choice{}))
	require.NoError(t, err)
	return m
}

// TestKerasApplicationsAtFullSize reads every container that Keras wrote of its
// networks and gives Keras's answers for a picture, from its file on. The lines that
// it logs are rows of the table of docs/keras-applications.md.
func TestKerasApplicationsAtFullSize(t *testing.T) {
	all := readApplications(t)
	var devices []engine.Device
	for _, name := range []string{engine.CPU, "0"} {
		d, err := engine.Open(engine.Choice{Name: name})
		require.NoError(t, err)
		defer d.Close()
		devices = append(devices, d)
		t.Logf("device: %s", d)
	}
	var rows []string
	for _, a := range all {
		var first *nn.Graph // of the first container
		var onReference *nn.Tensor
		for _, container := range a.Containers {
			t.Run(filepath.Base(a.folder)+"/"+container, func(t *testing.T) {
				began := time.Now()
				m := a.open(t, container)
				loading := time.Since(began)
				known := applications.Recognise(m.Graph)
				require.Equal(t, strings.ToLower(a.Model), strings.TrimSuffix(known.Architecture, "-weights-none"))
				require.True(t, known.ImageNet)
				x := a.picture(t, known.Preset)
				require.Equal(t, a.x.Data, x.Data, "the input, to the bit")

				if first == nil {
					first, onReference = m.Graph, a.onReference(t, m.Graph, x)
				} else { // the same weights in the same architecture: the reference is a function of them
					require.Equal(t, weightsOf(t, first), weightsOf(t, m.Graph), "the weights, to the bit")
				}
				own, ofReference := largestError(t, a.exact, a.out), largestError(t, a.exact, onReference)
				row := fmt.Sprintf("| %s | %s | `%s` | `%s` | %.1f s | %.2f | %.1e | %.1e | %.1e |", a.Model, a.Maker, container, known.Preset, loading.Seconds(),
					slices.Max(a.exact.Data), largestError(t, a.out, onReference), own, ofReference)
				// Deep nets of random weights amplify each rounding, so the yardstick is
				// what float32 costs Keras. The reference sums in float64.
				require.Less(t, ofReference, max(1e-4*scaleOf(a.exact), own), "the reference")
				require.Equal(t, best(a.exact), best(onReference), "the reference's class")
				for _, d := range devices {
					y := a.onDevice(t, d, m.Graph, x)
					row += fmt.Sprintf(" %.1e |", largestError(t, a.exact, y))
					require.Less(t, logitError(a.exact, y), max(4*logitError(a.exact, a.out), 1e-10), d.String())
					require.Equal(t, best(a.exact), best(y), "the class by %s", d)
				}
				t.Log(row)
				rows = append(rows, row)
			})
		}
	}
	if document := os.Getenv(applicationsTable); document != "" && !t.Failed() {
		writeRows(t, document, rows)
	}
}

// writeRows replaces the rows of the document's table of full size by name and
// container; those of nets that were not run stay.
func writeRows(t *testing.T, document string, rows []string) {
	t.Helper()
	const begin, end = "<!-- full size -->\n", "<!-- end -->\n"
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok, "%s has no %s", document, begin)
	table, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "%s has no %s", document, end)
	key := func(row string) string { return strings.Join(strings.Split(row, "|")[:4], "|") }
	lines := strings.Split(strings.TrimSpace(table), "\n")
	for _, row := range rows {
		if i := slices.IndexFunc(lines, func(l string) bool { return key(l) == key(row) }); i >= 0 {
			lines[i] = row
		} else {
			lines = append(lines, row)
		}
	}
	require.NoError(t, os.WriteFile(document, []byte(before+begin+"\n"+strings.Join(lines, "\n")+"\n\n"+end+after), 0o644))
}

// picture reads the picture as classify does.
func (a application) picture(t *testing.T, preset pictures.Preset) *nn.Tensor {
	t.Helper()
	f, err := os.Open(filepath.Join(a.folder, "picture.png"))
	require.NoError(t, err)
	defer f.Close()
	x := nn.NewTensor(a.x.Shape...)
	_, err = pictures.Tensor(x.Data, f, x.Shape[2], x.Shape[1], pictures.Options{Preset: preset})
	require.NoError(t, err)
	return x
}

// weightsOf returns a digest of each of a graph's weights, by layer and name.
func weightsOf(t *testing.T, g *nn.Graph) map[string][sha256.Size]byte {
	t.Helper()
	all := map[string][sha256.Size]byte{}
	for _, p := range g.Params() {
		var b bytes.Buffer
		require.NoError(t, npy.Write(&b, p.Shape, (*p.Value).Data))
		// tf_keras and Keras 3 name some layers of one net otherwise.
		name := strings.ToLower(strings.NewReplacer("/", "_", "BatchNorm", "bn").Replace(p.Node.Layer))
		require.NotContains(t, all, name+"/"+p.Role)
		all[name+"/"+p.Role] = sha256.Sum256(b.Bytes())
	}
	return all
}

func (a application) onReference(t *testing.T, g *nn.Graph, x *nn.Tensor) *nn.Tensor {
	t.Helper()
	y, err := reference.Run(t.Context(), g, []*nn.Tensor{x}, nil)
	require.NoError(t, err)
	return y[0]
}

func (a application) onDevice(t *testing.T, device engine.Device, g *nn.Graph, x *nn.Tensor) *nn.Tensor {
	t.Helper()
	net, err := device.Load(g, engine.Options{Batch: 1})
	require.NoError(t, err)
	defer net.Close()
	y, err := net.Run(t.Context(), x)
	require.NoError(t, err)
	return y
}

func largestError(t *testing.T, want, got *nn.Tensor) float64 {
	t.Helper()
	require.Equal(t, want.Shape, got.Shape)
	most := 0.0
	for i, w := range want.Data {
		off := math.Abs(float64(w) - float64(got.Data[i]))
		require.False(t, math.IsNaN(off), fmt.Sprint("element ", i))
		most = max(most, off)
	}
	return most
}

// best returns the class of the largest probability.
func best(y *nn.Tensor) int { return slices.Index(y.Data, slices.Max(y.Data)) }

// logitError returns the squared error of the logits over their own squares.
func logitError(want, got *nn.Tensor) float64 {
	w, g := logits(want), logits(got)
	var errors, squares float64
	for i := range w {
		errors += (w[i] - g[i]) * (w[i] - g[i])
		squares += w[i] * w[i]
	}
	return errors / squares
}

// scaleOf returns the largest magnitude of an output, at least the 1 of probabilities.
func scaleOf(y *nn.Tensor) float64 {
	return max(1, float64(slices.Max(y.Data)), -float64(slices.Min(y.Data)))
}

// areProbabilities reports whether an output is what softmax gives.
func areProbabilities(y *nn.Tensor) bool {
	sum := 0.0
	for _, p := range y.Data {
		sum += float64(p)
	}
	return slices.Min(y.Data) >= 0 && math.Abs(sum-1) < 1e-3
}

// logits returns the net's logits, moved to a mean of 0: what softmax made the
// probabilities of, or the output itself of a net that ends without, RegNet.
func logits(y *nn.Tensor) []float64 {
	all, sum := make([]float64, len(y.Data)), 0.0
	ofProbabilities := areProbabilities(y)
	for i, p := range y.Data {
		if all[i] = float64(p); ofProbabilities {
			all[i] = math.Log(all[i])
		}
		sum += all[i]
	}
	for i := range all {
		all[i] -= sum / float64(len(all))
	}
	return all
}

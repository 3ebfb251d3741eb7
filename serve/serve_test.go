package serve_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/kerasdata"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
	"github.com/vkeras/vkeras/serve"
	"github.com/vkeras/vkeras/testdata/demo"
)

const samples = "../testdata/demo/pictures"

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"), goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"))
}

// engineOf puts a graph on the Vulkan device.
func engineOf(t *testing.T, g *nn.Graph, batch, inFlight int) *gpu.Net {
	t.Helper()
	device, err := gpu.Open(gpu.Default())
	require.NoError(t, err)
	net, err := gpu.Load(device, g, gpu.Options{Batch: batch, InFlight: inFlight})
	require.NoError(t, err)
	require.NoError(t, device.Close())
	t.Cleanup(func() { require.NoError(t, net.Close()) })
	return net
}

// modelOf describes a graph on an engine.
func modelOf(name string, g *nn.Graph, batch int, engines ...serve.Engine) serve.Model {
	m := serve.Model{Name: name, Inputs: serve.Inputs(g), Outputs: serve.Outputs(g), Batch: batch}
	for i, e := range engines {
		m.Programs = append(m.Programs, serve.Program{Device: "device " + strconv.Itoa(i), Engine: e, InFlight: 1})
	}
	return m
}

// demoModel is the demo model as the tool serves it.
func demoModel(t *testing.T, batch int) serve.Model {
	t.Helper()
	file := demo.Model()
	m, err := loader.Read(file, file.Size())
	require.NoError(t, err)
	model := modelOf("signs", m.Graph, batch, engineOf(t, m.Graph, batch, 2))
	model.Programs[0].InFlight = 2
	model.Pictures = &pictures.Options{Filter: pictures.Nearest, Preset: pictures.Exercise, DecodeOptions: pictures.DecodeOptions{MaxPixels: 1 << 20}}
	model.Labels = resnet.Signs()
	return model
}

func fixture(t *testing.T, name string) *nn.Graph {
	t.Helper()
	m, err := loader.Open(filepath.Join("../testdata/keras", name))
	require.NoError(t, err)
	return m.Graph
}

// numbers reads a .npy file.
func numbers(t *testing.T, name string) *nn.Tensor {
	t.Helper()
	return kerasdata.ReadNPY(t, filepath.Join("../testdata/keras", name))
}

// start serves models on a port of the loopback interface.
func start(t *testing.T, o serve.Options, models ...serve.Model) (*serve.Server, string) {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s, err := serve.New(o, models...)
	require.NoError(t, err)
	h := httptest.NewServer(s)
	t.Cleanup(func() { h.Close(); _ = s.Close() })
	return s, h.URL
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func get(t *testing.T, url string) reply {
	t.Helper()
	r, err := http.Get(url)
	require.NoError(t, err)
	return read(t, r)
}

func read(t *testing.T, r *http.Response) reply {
	t.Helper()
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return reply{r.StatusCode, r.Header, b}
}

// post sends a body; header is the length of its JSON, less than 0 where it is
// JSON alone.
func post(ctx context.Context, url string, body []byte, header int) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if header >= 0 {
		r.Header.Set("Inference-Header-Content-Length", strconv.Itoa(header))
	}
	return http.DefaultClient.Do(r)
}

func infer(t *testing.T, url string, body []byte, header int) reply {
	t.Helper()
	r, err := post(t.Context(), url, body, header)
	require.NoError(t, err)
	return read(t, r)
}

// output is one of a reply's.
type output struct {
	Name, Datatype string
	Shape          []int
	Parameters     struct {
		Size int `json:"binary_data_size"`
	}
	Data json.RawMessage
}

// outputs reads a reply's outputs as floats.
func outputs(t *testing.T, r reply) (heads []output, data [][]float32) {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status, "%s", r.body)
	head, rest := r.body, []byte(nil)
	if text := r.header.Get("Inference-Header-Content-Length"); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		head, rest = r.body[:n], r.body[n:]
	}
	var answer struct{ Outputs []output }
	require.NoError(t, json.Unmarshal(head, &answer))
	for _, o := range answer.Outputs {
		var floats []float32
		if o.Data != nil {
			require.NoError(t, json.Unmarshal(o.Data, &floats))
		}
		for ; o.Data == nil && o.Parameters.Size > 0; o.Parameters.Size -= 4 {
			floats = append(floats, math.Float32frombits(binary.LittleEndian.Uint32(rest)))
			rest = rest[4:]
		}
		data = append(data, floats)
	}
	require.Empty(t, rest)
	return answer.Outputs, data
}

// asJSON and asBinary write a request for tensors, by the inputs' names.
func asJSON(t *testing.T, names []string, in ...*nn.Tensor) []byte {
	t.Helper()
	var inputs []any
	for i, x := range in {
		inputs = append(inputs, map[string]any{"name": names[i], "datatype": "FP32", "shape": x.Shape, "data": x.Data})
	}
	b, err := json.Marshal(map[string]any{"id": "seven", "inputs": inputs})
	require.NoError(t, err)
	return b
}

func asBinary(t *testing.T, names []string, in ...*nn.Tensor) (body []byte, header int) {
	t.Helper()
	var inputs []any
	var data []byte
	for i, x := range in {
		inputs = append(inputs, map[string]any{"name": names[i], "datatype": "FP32", "shape": x.Shape, "parameters": map[string]any{"binary_data_size": 4 * len(x.Data)}})
		for _, v := range x.Data {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
	}
	b, err := json.Marshal(map[string]any{"inputs": inputs, "parameters": map[string]any{"binary_data_output": true}})
	require.NoError(t, err)
	return append(b, data...), len(b)
}

// pictureRequest writes a request for encoded pictures, as binary data.
func pictureRequest(t *testing.T, input, rest string, files ...[]byte) (body []byte, header int) {
	t.Helper()
	var data []byte
	for _, f := range files {
		data = append(binary.LittleEndian.AppendUint32(data, uint32(len(f))), f...)
	}
	b, err := json.Marshal(map[string]any{"inputs": []any{map[string]any{
		"name": input, "datatype": "BYTES", "shape": []int{len(files)}, "parameters": map[string]any{"binary_data_size": len(data)},
	}}})
	require.NoError(t, err)
	b = append(b[:len(b)-1], rest+"}"...)
	return append(b, data...), len(b)
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(samples, name))
	require.NoError(t, err)
	return b
}

// soon waits for something that another goroutine does; it has a minute.
func soon(t *testing.T, holds func() bool) {
	t.Helper()
	require.Eventually(t, holds, time.Minute, time.Millisecond)
}

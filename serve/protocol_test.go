package serve_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
	"github.com/vkeras/vkeras/serve"
)

func TestTensorsGetKerassAnswersInJSONAndInBinary(t *testing.T) {
	two, small := fixture(t, "two_heads_keras3/model.keras"), fixture(t, "exercise_small_keras3/model.legacy.h5")
	_, url := start(t, serve.Options{},
		modelOf("two_heads", two, 2, engineOf(t, two, 2, 1)), modelOf("small", small, 4, engineOf(t, small, 4, 1)))
	for name, c := range map[string]struct {
		graph  *nn.Graph
		folder string
		want   []string
	}{
		"two_heads": {two, "two_heads_keras3", []string{"output.npy", "output.1.npy"}},
		"small":     {small, "exercise_small_keras3", []string{"output.npy"}},
	} {
		x := numbers(t, c.folder+"/input.npy")
		input := []string{c.graph.Inputs[0].Name}
		body, header := asBinary(t, input, x)
		for kind, r := range map[string]reply{
			"JSON":               infer(t, url+"/v2/models/"+name+"/infer", asJSON(t, input, x), -1),
			"binary, by version": infer(t, url+"/v2/models/"+name+"/versions/1/infer", body, header),
		} {
			t.Run(name+" "+kind, func(t *testing.T) {
				heads, got := outputs(t, r)
				require.Len(t, heads, len(c.want))
				for i, file := range c.want {
					want := numbers(t, c.folder+"/"+file)
					require.Equal(t, c.graph.Outputs[i].Name, heads[i].Name)
					require.Equal(t, "FP32", heads[i].Datatype)
					require.Equal(t, []int(want.Shape), heads[i].Shape)
					require.InDeltaSlice(t, want.Data, got[i], 1e-4)
				}
			})
		}
	}
}

func TestAnOutputCanBeAskedForAlone(t *testing.T) {
	g := fixture(t, "two_heads_keras3/model.keras")
	_, url := start(t, serve.Options{}, modelOf("two_heads", g, 2, engineOf(t, g, 2, 1)))
	x := numbers(t, "two_heads_keras3/input.npy")
	body := asJSON(t, []string{g.Inputs[0].Name}, x)
	rest := fmt.Sprintf(`,"outputs":[{"name":%q,"parameters":{"binary_data":true}}]}`, g.Outputs[1].Name)
	r := infer(t, url+"/v2/models/two_heads/infer", append(body[:len(body)-1], rest...), -1)
	heads, got := outputs(t, r)
	require.Len(t, heads, 1)
	require.InDeltaSlice(t, numbers(t, "two_heads_keras3/output.1.npy").Data, got[0], 1e-4)
	require.Contains(t, string(r.body), `"id":"seven"`)
	require.Equal(t, "application/octet-stream", r.header.Get("Content-Type"))
}

func TestPicturesGetKerassAnswers(t *testing.T) {
	model := demoModel(t, 8)
	input := model.Inputs[0].Name
	_, url := start(t, serve.Options{}, model)
	url += "/v2/models/signs/infer"
	var want struct {
		Pictures map[string]struct{ Nearest []float32 }
	}
	b, err := os.ReadFile("../testdata/demo/expected.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &want))
	var names []string
	var files [][]byte
	for name := range want.Pictures {
		names, files = append(names, filepath.Base(name)), append(files, sample(t, filepath.Base(name)))
	}
	body, header := pictureRequest(t, input, "", files...)
	_, got := outputs(t, infer(t, url, body, header))
	near := func(name string, got []float32) {
		delta := 1e-4
		if strings.HasSuffix(name, ".jpg") {
			delta = 2e-2 // decoders of JPEG differ by a few levels
		}
		require.InDeltaSlice(t, want.Pictures["pictures/"+name].Nearest, got, delta, name)
	}
	for i, name := range names {
		near(name, got[0][6*i:6*i+6])
	}
	for name, r := range map[string]reply{
		"five_2.png": infer(t, url, sample(t, "five_2.png"), 0), // the raw request
		"one_1.png": infer(t, url, fmt.Appendf(nil, `{"inputs":[{"name":%q,"datatype":"BYTES","shape":[1,1],"data":[[%q]]}]}`,
			input, base64.StdEncoding.EncodeToString(sample(t, "one_1.png"))), -1),
	} {
		_, got := outputs(t, r)
		near(name, got[0])
	}
}

func TestAPictureIsTheTensorThatPackagePicturesMakesOfIt(t *testing.T) {
	model := demoModel(t, 2)
	input := model.Inputs[0].Name
	_, url := start(t, serve.Options{}, model)
	x := nn.NewTensor(1, 64, 64, 3)
	_, err := pictures.Tensor(x.Data, bytes.NewReader(sample(t, "two_3.jpg")), 64, 64, *model.Pictures)
	require.NoError(t, err)
	_, tensor := outputs(t, infer(t, url+"/v2/models/signs/infer", asJSON(t, []string{input}, x), -1))
	_, picture := outputs(t, infer(t, url+"/v2/models/signs/infer", sample(t, "two_3.jpg"), 0))
	require.Equal(t, tensor, picture)
}

func TestClassificationNamesTheBestClasses(t *testing.T) {
	model := demoModel(t, 2)
	_, url := start(t, serve.Options{}, model)
	ask := fmt.Sprintf(`,"outputs":[{"name":%q,"parameters":{"classification":2}}]`, model.Outputs[0].Name)
	body, header := pictureRequest(t, model.Inputs[0].Name, ask, sample(t, "two_1.png"), sample(t, "five_1.png"))
	r := infer(t, url+"/v2/models/signs/infer", body, header)
	require.Equal(t, http.StatusOK, r.status, "%s", r.body)
	var answer struct {
		Outputs []struct {
			Datatype string
			Shape    []int
			Data     []string
		}
	}
	require.NoError(t, json.Unmarshal(r.body, &answer))
	o := answer.Outputs[0]
	require.Equal(t, "BYTES", o.Datatype)
	require.Equal(t, []int{2, 2}, o.Shape)
	require.Regexp(t, `^0\.\d+:2:2$`, o.Data[0])
	require.Regexp(t, `^0\.\d+:5:5$`, o.Data[2])
}

func TestMetadataAndHealth(t *testing.T) {
	s, url := start(t, serve.Options{Version: "1.2.3"}, demoModel(t, 2))
	for path, says := range map[string]string{
		"/v2": `"version":"1.2.3"`, "/v2/health/live": `{"live":true}`, "/v2/health/ready": `{"ready":true}`,
		"/v2/models/signs/ready": `{"ready":true}`, "/v2/models/signs": `"shape":[-1,64,64,3]`, "/v2/models/signs/versions/1": `"preset":"exercise"`,
	} {
		r := get(t, url+path)
		require.Equal(t, http.StatusOK, r.status, path)
		require.Contains(t, string(r.body), says, path)
		require.Equal(t, "application/json", r.header.Get("Content-Type"))
	}
	for _, path := range []string{"/", "/v2/models/other", "/v2/models/signs/versions/2", "/v2/models/signs/infer"} {
		require.Equal(t, http.StatusNotFound, get(t, url+path).status, path)
	}
	s.Drain()
	for path, status := range map[string]int{"/v2/health/live": 200, "/v2/health/ready": 503, "/v2/models/signs/ready": 503} {
		require.Equal(t, status, get(t, url+path).status, path)
	}
}

func TestMalformedRequestsGetOneClearLine(t *testing.T) {
	_, url := start(t, serve.Options{RequestBytes: 1 << 20, Queue: 4}, demoModel(t, 2))
	url += "/v2/models/signs/infer"
	in := func(text string) string { return `{"inputs":[` + text + `]}` }
	tensor := `{"name":"input_1","datatype":"FP32","shape":[1,64,64,3],"data":[1,2]}`
	bomb := "GIF89a\xff\xff\xff\xff\x00\x00\x00" // its width and height, and no palette
	described := demoModel(t, 1)
	name := described.Inputs[0].Name
	fix := func(s string) string { return strings.ReplaceAll(s, "input_1", name) }
	for what, c := range map[string]struct {
		body   string
		header int
		status int
		says   string
	}{
		"nothing":                          {"", -1, 400, "unexpected end"},
		"no JSON":                          {"hello", -1, 400, "invalid character"},
		"another JSON":                     {"[]", -1, 400, "expected an object, found a list"},
		"no input":                         {"{}", -1, 400, "takes 1 inputs, found 0"},
		"a header longer than the body":    {"{}", 3, 400, "up to the body's 2 bytes"},
		"an unknown input":                 {in(`{"name":"x","datatype":"FP32","shape":[1,64,64,3]}`), -1, 400, `there is no "x"`},
		"an unknown output":                {fix(`{"inputs":[` + tensor + `],"outputs":[{"name":"y"}]}`), -1, 400, `there is no "y"`},
		"an input twice":                   {fix(in(tensor + "," + tensor)), -1, 400, "takes 1 inputs, found 2"},
		"another type":                     {fix(in(strings.Replace(tensor, "FP32", "INT8", 1))), -1, 400, `datatype "INT8": expected FP32`},
		"another shape":                    {fix(in(strings.Replace(tensor, "[1,64", "[1,32", 1))), -1, 400, "expected shape (N, 64, 64, 3), found (1, 32, 64, 3)"},
		"a shape without a batch":          {fix(in(strings.Replace(tensor, "[1,64", "[64", 1))), -1, 400, "expected shape"},
		"no image":                         {fix(in(strings.Replace(tensor, "[1,64", "[0,64", 1))), -1, 400, "0 images"},
		"a negative shape":                 {fix(in(strings.Replace(tensor, "[1,64", "[-9,64", 1))), -1, 400, "-9 images"},
		"a shape beyond all":               {fix(in(strings.Replace(tensor, "[1,64", "[1e30,64", 1))), -1, 400, "expected a whole number, found number 1e30"},
		"more images than may be there":    {fix(in(strings.Replace(tensor, "[1,64", "[9000000000000,64", 1))), -1, 400, "at most 4"},
		"fewer numbers than the shape":     {fix(in(tensor)), -1, 400, "expected 12288 elements for its shape, found 2"},
		"more numbers than the shape":      {fix(in(strings.Replace(tensor, "[1,2]", "["+strings.Repeat("0,", 12288)+"0]", 1))), -1, 400, "more than the 12288"},
		"words for numbers":                {fix(in(strings.Replace(tensor, "[1,2]", `["a"]`, 1))), -1, 400, "expected numbers"},
		"a number beyond float32":          {fix(in(strings.Replace(tensor, "[1,2]", `[1e99]`, 1))), -1, 400, "no float32"},
		"no data":                          {fix(in(strings.Replace(tensor, `,"data":[1,2]`, ``, 1))), -1, 400, "found 0"},
		"binary data that is not there":    {fix(in(strings.Replace(tensor, `"data":[1,2]`, `"parameters":{"binary_data_size":49152}`, 1))), -1, 400, "0 bytes are left"},
		"binary data of a negative length": {fix(in(strings.Replace(tensor, `"data":[1,2]`, `"parameters":{"binary_data_size":-1}`, 1))), -1, 400, "binary_data_size -1"},
		"binary data besides data":         {fix(in(strings.Replace(tensor, `"data"`, `"parameters":{"binary_data_size":0},"data"`, 1))), -1, 400, "both data and binary_data_size"},
		"binary data of another length":    {fix(in(strings.Replace(tensor, `"data":[1,2]`, `"parameters":{"binary_data_size":0}`, 1))), -1, 400, "expected 49152 bytes"},
		"bytes that nobody asked for":      {"{}more", 2, 400, "4 bytes follow the last input"},
		"bytes beyond the elements":        {fix(in(`{"name":"input_1","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":8}}`)) + "\x00\x00\x00\x00\x00\x00\x00\x00", -2, 400, "4 bytes follow the 1 elements"},
		"a picture that is none":           {"no picture at all", 0, 400, "not a readable picture"},
		"a picture that is cut":            {string(sample(t, "one_1.png")[:300]), 0, 400, "not a readable picture"},
		"a picture of too many pixels":     {bomb, 0, 413, "picture too large: 65535 x 65535"},
		"an element beyond the data":       {fix(in(`{"name":"input_1","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":4}}`)) + "\xff\xff\xff\xff", -2, 400, "longer than what is left"},
		"fewer elements than the shape":    {fix(in(`{"name":"input_1","datatype":"BYTES","shape":[2],"data":["aGk="]}`)), -1, 400, "expected 2 elements"},
		"more elements than the shape":     {fix(in(`{"name":"input_1","datatype":"BYTES","shape":[1],"data":["aGk=","aGk="]}`)), -1, 400, "more than the 1 elements"},
		"numbers for elements":             {fix(in(`{"name":"input_1","datatype":"BYTES","shape":[1],"data":[1]}`)), -1, 400, "expected base64 strings"},
		"an object for elements":           {fix(in(`{"name":"input_1","datatype":"BYTES","shape":[1],"data":{"a":"aGk="}}`)), -1, 400, "expected base64 strings"},
		"no elements":                      {fix(in(`{"name":"input_1","datatype":"BYTES","shape":[1]}`)), -1, 400, "expected 1 elements"},
		"inputs that are no list":          {`{"inputs":{}}`, -1, 400, "expected a list"},
		"inputs without end":               {in(strings.Repeat("{},", 1<<10) + "{}"), -1, 400, "a list of more than 1024"},
		"inputs that are null":             {`{"inputs":null}`, -1, 400, "takes 1 inputs, found 0"},
		"text that is not base64":          {fix(in(`{"name":"input_1","datatype":"BYTES","shape":[1],"data":["%"]}`)), -1, 400, "not base64"},
		"pictures in a tensor's shape":     {fix(in(`{"name":"input_1","datatype":"BYTES","shape":[1,64,64,3],"data":["aGk="]}`)), -1, 400, "expected shape (N)"},
		"a body beyond the limit":          {strings.Repeat(" ", 1<<20+1), -1, 413, "too large"},
		"a negative number of classes":     {fix(`{"inputs":[` + tensor + `],"outputs":[{"name":"` + described.Outputs[0].Name + `","parameters":{"classification":-1}}]}`), -1, 400, "classification -1"},
	} {
		t.Run(what, func(t *testing.T) {
			header := c.header
			if header == -2 {
				header = strings.LastIndex(c.body, "}") + 1
			}
			r := infer(t, url, []byte(c.body), header)
			require.Equal(t, c.status, r.status, "%s", r.body)
			var e struct{ Error string }
			require.NoError(t, json.Unmarshal(r.body, &e))
			require.Contains(t, e.Error, c.says)
			require.NotContains(t, e.Error, "\n")
		})
	}
}

func TestACompressedBodyIsRefused(t *testing.T) {
	_, url := start(t, serve.Options{}, demoModel(t, 1))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v2/models/signs/infer", strings.NewReader("x"))
	require.NoError(t, err)
	r.Header.Set("Content-Encoding", "gzip")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.Equal(t, http.StatusUnsupportedMediaType, read(t, answer).status)
}

// spoilt is a real engine whose answers begin with NaN.
type spoilt struct{ serve.Engine }

func (e spoilt) RunAll(ctx context.Context, in []*nn.Tensor) ([]*nn.Tensor, error) {
	out, err := e.Engine.RunAll(ctx, in)
	if err == nil {
		out[0].Data[0] = float32(math.NaN())
	}
	return out, err
}

func TestNumbersThatJSONDoesNotKnowComeAsBinary(t *testing.T) {
	g := fixture(t, "two_heads_keras3/model.keras")
	_, url := start(t, serve.Options{}, modelOf("two_heads", g, 2, spoilt{engineOf(t, g, 2, 1)}))
	body, header := asBinary(t, []string{g.Inputs[0].Name}, numbers(t, "two_heads_keras3/input.npy"))
	_, got := outputs(t, infer(t, url+"/v2/models/two_heads/infer", body, header))
	require.True(t, math.IsNaN(float64(got[0][0])))
	body = bytes.Replace(body, []byte(`"binary_data_output":true`), []byte(`"binary_data_output":null`), 1)
	r := infer(t, url+"/v2/models/two_heads/infer", body, header)
	require.Equal(t, http.StatusBadRequest, r.status)
	require.Contains(t, string(r.body), "ask for it as binary_data")
}

func TestModelsThatContradictThemselvesAreRefused(t *testing.T) {
	g := fixture(t, "exercise_small_keras3/model.legacy.h5")
	good := modelOf("small", g, 1, engineOf(t, g, 1, 1))
	for says, change := range map[string]func(*serve.Model){
		`model name "a/b"`: func(m *serve.Model) { m.Name = "a/b" }, "has no program": func(m *serve.Model) { m.Programs = nil },
		"without an engine": func(m *serve.Model) { m.Programs = []serve.Program{{}} }, "a batch of -1": func(m *serve.Model) { m.Batch = -1 },
		"0 inputs": func(m *serve.Model) { m.Inputs = nil }, "two inputs called": func(m *serve.Model) { m.Inputs = append(m.Inputs, m.Inputs...) },
		"pictures need one input": func(m *serve.Model) {
			m.Pictures, m.Inputs = &pictures.Options{}, []serve.Spec{{Name: "x", Shape: nn.Shape{4}}}
		},
	} {
		m := good
		m.Inputs = append([]serve.Spec(nil), good.Inputs...)
		change(&m)
		_, err := serve.New(serve.Options{}, m)
		require.ErrorContains(t, err, says)
	}
	_, err := serve.New(serve.Options{}, good, good)
	require.ErrorContains(t, err, "two models are called small")
	_, err = serve.New(serve.Options{Queue: -1}, good)
	require.Error(t, err)
	_, err = serve.New(serve.Options{})
	require.Error(t, err)
}

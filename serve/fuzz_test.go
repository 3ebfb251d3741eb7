package serve

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/inference"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// gif is a picture of one pixel.
const gif = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// fuzzModel is a model of two inputs, or of one that takes pictures.
func fuzzModel(pictured bool) *Model {
	m := &Model{Name: "m", Inputs: []Spec{{"x", nn.Shape{2, 2, 3}}}, Outputs: []Spec{{"y", nn.Shape{4}}}}
	if pictured {
		m.Pictures = &pictures.Options{Filter: pictures.Nearest, Preset: pictures.None, DecodeOptions: pictures.DecodeOptions{MaxPixels: 1 << 10}}
	} else {
		m.Inputs = append(m.Inputs, Spec{"z", nn.Shape{3}})
	}
	return m
}

// FuzzModelInfer decodes requests. What is taken is what protobuf itself reads,
// and has tensors of the shapes that it says.
func FuzzModelInfer(f *testing.F) {
	type (
		message = inference.ModelInferRequest
		tensor  = inference.ModelInferRequest_InferInputTensor
		wanted  = inference.ModelInferRequest_InferRequestedOutputTensor
	)
	classes := map[string]*inference.InferParameter{"classification": {ParameterChoice: &inference.InferParameter_Int64Param{Int64Param: 2}}}
	for _, m := range []*message{
		{},
		{ModelName: "m", Id: "7", Inputs: []*tensor{{Name: "x", Datatype: "FP32", Shape: []int64{1, 2, 2, 3}}, {Name: "z", Datatype: "FP32", Shape: []int64{1, 3}}},
			RawInputContents: [][]byte{make([]byte, 48), make([]byte, 12)}, Outputs: []*wanted{{Name: "y", Parameters: classes}}},
		{ModelName: "m", Inputs: []*tensor{{Name: "x", Datatype: "FP32", Shape: []int64{1, 2, 2, 3}, Contents: &inference.InferTensorContents{Fp32Contents: make([]float32, 12)}}}},
		{ModelName: "m", Inputs: []*tensor{{Name: "x", Datatype: "BYTES", Shape: []int64{2}}}, RawInputContents: [][]byte{packTexts([]string{gif, gif})}},
		{ModelName: "m", Inputs: []*tensor{{Name: "x", Datatype: "BYTES", Shape: []int64{1, 1}, Contents: &inference.InferTensorContents{BytesContents: [][]byte{[]byte(gif)}}}}},
		{ModelName: "m", Inputs: []*tensor{{Name: "x", Datatype: "BYTES", Shape: []int64{1}}}, RawInputContents: [][]byte{[]byte("\xff\xff\xff\xff")}},
		{ModelName: "m", Inputs: []*tensor{{Name: "x", Datatype: "FP32", Shape: []int64{1 << 62, -2, 2, 3}}}, RawInputContents: [][]byte{nil}},
	} {
		b, err := proto.Marshal(m)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Add(bytes.Repeat([]byte{0x2a, 0}, 100))
	servers := fuzzServers(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		plain := &message{}
		readable := proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(b, plain) == nil
		if m, err := decodeMessage(b); err == nil {
			require.True(t, readable)
			require.True(t, proto.Equal(plain, m))
		}
		for _, s := range servers {
			if q, r, err := s.parseMessage(b); err == nil {
				hold(t, s, q, r)
			} else {
				require.NotEqual(t, http.StatusInternalServerError, outcomeOf(t.Context(), err).status, err)
			}
		}
	})
}

// FuzzInferHTTP decodes requests in JSON, with binary data after the first length
// bytes.
func FuzzInferHTTP(f *testing.F) {
	for _, c := range []struct{ head, binary string }{
		{`{"id":"7","inputs":[{"name":"x","datatype":"FP32","shape":[1,2,2,3],"data":[[1,2,3,4,5,6],[7,8,9,1e9,-11,12]]}]}`, ""},
		{`{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2,2,3],"parameters":{"binary_data_size":48}},{"name":"z","datatype":"FP32","shape":[1,3],"data":[0,0,0]}],"parameters":{"binary_data_output":true}}`, string(make([]byte, 48))},
		{`{"inputs":[{"name":"x","datatype":"BYTES","shape":[1,1],"data":[["R0lGODlh"]]}],"outputs":[{"name":"y","parameters":{"classification":2,"binary_data":true}}]}`, ""},
		{`{"inputs":[{"name":"x","datatype":"BYTES","shape":[2],"parameters":{"binary_data_size":8}}]}`, "\x00\x00\x00\x00\xff\xff\xff\xff"},
		{``, gif},
	} {
		f.Add([]byte(c.head+c.binary), len(c.head))
	}
	servers := fuzzServers(f)
	f.Fuzz(func(t *testing.T, b []byte, length int) {
		header := http.Header{headerLength: {strconv.Itoa(length)}}
		for _, s := range servers {
			if r, err := parse(header, b); err == nil {
				hold(t, s, s.queues["m"], r)
			} else {
				require.True(t, isInvalid(err), err)
			}
		}
	})
}

// fuzzServers serve a model that takes pictures, and one of two inputs.
func fuzzServers(f *testing.F) (servers []*Server) {
	for _, pictured := range []bool{true, false} {
		m := fuzzModel(pictured)
		m.Programs = []Program{{Engine: (*gpu.Net)(nil)}} // nothing is submitted to it
		s, err := New(Options{Queue: 8, Log: slog.New(slog.DiscardHandler)}, *m)
		require.NoError(f, err)
		f.Cleanup(func() { _ = s.Close() })
		servers = append(servers, s)
	}
	return servers
}

// hold holds what a server makes of a request to what the request says.
func hold(t *testing.T, s *Server, q *queue, r *request) {
	n, err := r.images(q.model)
	if err != nil {
		require.True(t, isInvalid(err), err)
		return
	}
	form, err := r.form(q.model)
	if err != nil || q.reserve(n) != nil {
		return
	}
	defer q.release(n)
	in, err := s.tensors(t.Context(), q.model, r)
	if err != nil {
		require.NotEqual(t, http.StatusInternalServerError, outcomeOf(t.Context(), err).status, err)
		return
	}
	for i, x := range in {
		require.Equal(t, q.model.Inputs[i].Shape.Batch(n), x.Shape)
		require.Len(t, x.Data, x.Shape.Len())
	}
	y := nn.NewTensor(n, 4)
	a := form.fill(q.model, []*nn.Tensor{y})
	require.NoError(t, writeAnswer(httptest.NewRecorder(), a))
	message := answerMessage(a)
	require.Len(t, message.Outputs, 1)
	_, err = proto.Marshal(message)
	require.NoError(t, err)
}

package serve_test

import (
	"context"
	"encoding/binary"
	"math"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/vkeras/vkeras/internal/inference"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/serve"
)

// both is a server that answers over HTTP and gRPC.
type both struct {
	*serve.Server
	url  string
	rpc  *serve.GRPC
	conn *grpc.ClientConn
	inference.GRPCInferenceServiceClient
}

// startBoth serves models over HTTP and gRPC on ports of the loopback interface.
func startBoth(t *testing.T, o serve.Options, models ...serve.Model) both {
	t.Helper()
	s, url := start(t, o, models...)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	rpc := s.GRPC()
	ended := make(chan error, 1)
	go func() { ended <- rpc.Serve(l) }()
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		require.NoError(t, rpc.Shutdown(context.Background()))
		require.NoError(t, <-ended)
	})
	return both{s, url, rpc, conn, inference.NewGRPCInferenceServiceClient(conn)}
}

func packFloats(data []float32) []byte {
	var b []byte
	for _, v := range data {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func packElements(list ...[]byte) []byte {
	var b []byte
	for _, e := range list {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(e))), e...)
	}
	return b
}

func shapeOf(x *nn.Tensor) (shape []int64) {
	for _, d := range x.Shape {
		shape = append(shape, int64(d))
	}
	return shape
}

type (
	inputTensor  = inference.ModelInferRequest_InferInputTensor
	wantedTensor = inference.ModelInferRequest_InferRequestedOutputTensor
)

// rawRequest and typedRequest ask for a tensor.
func rawRequest(model, input string, x *nn.Tensor) *inference.ModelInferRequest {
	return &inference.ModelInferRequest{
		ModelName: model, Id: "seven", Inputs: []*inputTensor{{Name: input, Datatype: "FP32", Shape: shapeOf(x)}},
		RawInputContents: [][]byte{packFloats(x.Data)},
	}
}

func typedRequest(model, input string, x *nn.Tensor) *inference.ModelInferRequest {
	return &inference.ModelInferRequest{ModelName: model, Id: "seven", Inputs: []*inputTensor{{
		Name: input, Datatype: "FP32", Shape: shapeOf(x), Contents: &inference.InferTensorContents{Fp32Contents: x.Data},
	}}}
}

// answered reads an answer's outputs as floats, raw or typed.
func answered(t *testing.T, r *inference.ModelInferResponse) (data [][]float32) {
	t.Helper()
	for i, o := range r.Outputs {
		floats := o.GetContents().GetFp32Contents()
		if o.Contents == nil {
			raw := r.RawOutputContents[i]
			for ; len(raw) > 0; raw = raw[4:] {
				floats = append(floats, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
			}
		}
		data = append(data, floats)
	}
	return data
}

func TestGRPCAnswersAreThoseOfHTTPBitForBit(t *testing.T) {
	two, signs := fixture(t, "two_heads_keras3/model.keras"), demoModel(t, 4)
	s := startBoth(t, serve.Options{}, modelOf("two", two, 2, engineOf(t, two, 2, 1)), signs)
	x, input := numbers(t, "two_heads_keras3/input.npy"), two.Inputs[0].Name
	body, header := asBinary(t, []string{input}, x)
	heads, want := outputs(t, infer(t, s.url+"/v2/models/two/infer", body, header))
	for kind, r := range map[string]*inference.ModelInferRequest{"raw": rawRequest("two", input, x), "typed": typedRequest("two", input, x)} {
		got, err := s.ModelInfer(t.Context(), r)
		require.NoError(t, err, kind)
		require.Equal(t, []string{"two", "1", "seven"}, []string{got.ModelName, got.ModelVersion, got.Id})
		require.Equal(t, want, answered(t, got), kind)
		require.Equal(t, kind == "raw", len(got.RawOutputContents) == 2, "answers come as the inputs do")
		for i, o := range got.Outputs {
			require.Equal(t, heads[i].Name, o.Name)
			require.Equal(t, "FP32", o.Datatype)
			require.Len(t, o.Shape, len(heads[i].Shape))
			for at, d := range heads[i].Shape {
				require.EqualValues(t, d, o.Shape[at])
			}
		}
	}
	r := rawRequest("two", input, x)
	r.ModelVersion, r.Outputs = "1", []*wantedTensor{{Name: two.Outputs[1].Name}}
	got, err := s.ModelInfer(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, want[1:], answered(t, got), "an output can be asked for alone")
}

func TestGRPCTakesEncodedPictures(t *testing.T) {
	model := demoModel(t, 4)
	s := startBoth(t, serve.Options{}, model)
	files := [][]byte{sample(t, "two_3.jpg"), sample(t, "five_1.png"), sample(t, "one_2.png")}
	body, header := pictureRequest(t, model.Inputs[0].Name, "", files...)
	_, want := outputs(t, infer(t, s.url+"/v2/models/signs/infer", body, header))
	ask := func(shape ...int64) *inference.ModelInferRequest {
		return &inference.ModelInferRequest{ModelName: "signs", Inputs: []*inputTensor{{Name: model.Inputs[0].Name, Datatype: "BYTES", Shape: shape}}}
	}
	raw, typed := ask(3), ask(3, 1)
	raw.RawInputContents = [][]byte{packElements(files...)}
	typed.Inputs[0].Contents = &inference.InferTensorContents{BytesContents: files}
	best := []*wantedTensor{{Name: model.Outputs[0].Name, Parameters: map[string]*inference.InferParameter{
		"classification": {ParameterChoice: &inference.InferParameter_Int64Param{Int64Param: 2}},
		"unknown":        {ParameterChoice: &inference.InferParameter_DoubleParam{DoubleParam: 1}},
	}}}
	for kind, r := range map[string]*inference.ModelInferRequest{"raw": raw, "typed": typed} {
		got, err := s.ModelInfer(t.Context(), r)
		require.NoError(t, err, kind)
		require.Equal(t, want, answered(t, got), kind)
		r.Outputs = best
		got, err = s.ModelInfer(t.Context(), r)
		require.NoError(t, err, kind)
		require.Equal(t, "BYTES", got.Outputs[0].Datatype)
		require.Equal(t, []int64{3, 2}, got.Outputs[0].Shape)
		texts := got.Outputs[0].GetContents().GetBytesContents()
		if kind == "raw" {
			for b := got.RawOutputContents[0]; len(b) > 0; b = b[4+binary.LittleEndian.Uint32(b):] {
				texts = append(texts, b[4:4+binary.LittleEndian.Uint32(b)])
			}
		}
		require.Len(t, texts, 6)
		require.Regexp(t, `^0\.\d+:2:2$`, string(texts[0]))
		require.Regexp(t, `^0\.\d+:5:5$`, string(texts[2]))
	}
}

func TestGRPCMetadataAndReadiness(t *testing.T) {
	s := startBoth(t, serve.Options{Version: "1.2.3"}, demoModel(t, 2))
	ctx := t.Context()
	about, err := s.ServerMetadata(ctx, &inference.ServerMetadataRequest{})
	require.NoError(t, err)
	require.Equal(t, "vkeras 1.2.3", about.Name+" "+about.Version)
	require.Contains(t, about.Extensions, "classification")
	model, err := s.ModelMetadata(ctx, &inference.ModelMetadataRequest{Name: "signs", Version: "1"})
	require.NoError(t, err)
	require.Equal(t, []string{"1"}, model.Versions)
	require.Equal(t, "FP32", model.Inputs[0].Datatype)
	require.Equal(t, []int64{-1, 64, 64, 3}, model.Inputs[0].Shape)
	require.Equal(t, []int64{-1, 6}, model.Outputs[0].Shape)
	ready := func() (live, server, model bool) {
		l, err := s.ServerLive(ctx, &inference.ServerLiveRequest{})
		require.NoError(t, err)
		r, err := s.ServerReady(ctx, &inference.ServerReadyRequest{})
		require.NoError(t, err)
		m, err := s.ModelReady(ctx, &inference.ModelReadyRequest{Name: "signs"})
		require.NoError(t, err)
		return l.Live, r.Ready, m.Ready
	}
	live, server, one := ready()
	require.True(t, live && server && one)
	_, err = s.ModelReady(ctx, &inference.ModelReadyRequest{Name: "nobody"})
	require.Equal(t, codes.NotFound, status.Code(err), err)
	_, err = s.ModelMetadata(ctx, &inference.ModelMetadataRequest{Name: "signs", Version: "2"})
	require.Equal(t, codes.NotFound, status.Code(err), err)
	require.Contains(t, err.Error(), "signs has version 1 alone")
	s.Drain()
	live, server, one = ready()
	require.True(t, live && !server && !one)
}

func TestRequestsOfHTTPAndGRPCAreComputedTogether(t *testing.T) {
	small := smallModel(t)
	g := newGate(engineOf(t, small.graph, 8, 1))
	close(g.pass)
	s := startBoth(t, serve.Options{Delay: time.Minute}, modelOf("small", small.graph, 8, g)) // only a full batch goes
	body, header := small.request(t, 1)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			_, got := outputs(t, infer(t, s.url+"/v2/models/small/infer", body, header))
			require.InDeltaSlice(t, small.want, got[0], 1e-4)
		})
		group.Go(func() {
			got, err := s.ModelInfer(t.Context(), rawRequest("small", small.graph.Inputs[0].Name, small.x))
			require.NoError(t, err)
			require.InDeltaSlice(t, small.want, answered(t, got)[0], 1e-4)
		})
	}
	require.Equal(t, 8, <-g.arrived)
	group.Wait()
	for _, transport := range []string{"http", "grpc"} {
		require.EqualValues(t, 4, metric(t, s.url, `vkeras_requests_total{model="small",status="200",transport="`+transport+`"}`))
		require.EqualValues(t, 4, metric(t, s.url, `vkeras_request_seconds_count{model="small",transport="`+transport+`"}`))
	}
}

func TestEachGRPCClientGetsItsOwnAnswerUnderLoad(t *testing.T) {
	g := fixture(t, "two_heads_keras3/model.keras")
	x, want := numbers(t, "two_heads_keras3/input.npy"), numbers(t, "two_heads_keras3/output.npy")
	s := startBoth(t, serve.Options{Delay: 5 * time.Millisecond}, modelOf("small", g, 8, engineOf(t, g, 8, 1)))
	var group sync.WaitGroup
	for i := range 64 {
		at := i % x.Shape[0]
		one := &nn.Tensor{Shape: x.Shape[1:].Batch(1), Data: x.Image(at)}
		body, header := asBinary(t, []string{g.Inputs[0].Name}, one)
		group.Go(func() {
			got, err := s.ModelInfer(t.Context(), rawRequest("small", g.Inputs[0].Name, one))
			require.NoError(t, err)
			require.InDeltaSlice(t, want.Image(at), answered(t, got)[0], 1e-4)
			_, same := outputs(t, infer(t, s.url+"/v2/models/small/infer", body, header))
			require.InDeltaSlice(t, want.Image(at), same[0], 1e-4)
		})
	}
	group.Wait()
	require.Less(t, metric(t, s.url, `vkeras_batch_images_count{model="small"}`), 128.0)
}

func TestMalformedGRPCRequestsGetOneClearLine(t *testing.T) {
	model := demoModel(t, 2)
	s := startBoth(t, serve.Options{RequestBytes: 1 << 20, Queue: 4}, model)
	input, output := model.Inputs[0].Name, model.Outputs[0].Name
	bomb := []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00") // its width and height, and no palette
	type request = inference.ModelInferRequest
	ask := func(datatype string, raw []byte, shape ...int64) *request {
		return &request{ModelName: "signs", Inputs: []*inputTensor{{Name: input, Datatype: datatype, Shape: shape}}, RawInputContents: [][]byte{raw}}
	}
	with := func(r *request, change func(*request)) *request { change(r); return r }
	image := make([]byte, 4*64*64*3)
	good := func() *request { return ask("FP32", image, 1, 64, 64, 3) }
	for what, c := range map[string]struct {
		request *request
		code    codes.Code
		says    string
	}{
		"nothing":                       {&request{}, codes.NotFound, `there is no such model: ""`},
		"an unknown model":              {&request{ModelName: "nobody"}, codes.NotFound, `"nobody"`},
		"an unknown version":            {&request{ModelName: "signs", ModelVersion: "2"}, codes.NotFound, "version 1 alone"},
		"no input":                      {&request{ModelName: "signs"}, codes.InvalidArgument, "takes 1 inputs, found 0"},
		"an unknown input":              {with(good(), func(r *request) { r.Inputs[0].Name = "x" }), codes.InvalidArgument, `there is no "x"`},
		"an unknown output":             {with(good(), func(r *request) { r.Outputs = []*wantedTensor{{Name: "y"}} }), codes.InvalidArgument, `there is no "y"`},
		"an output twice":               {with(good(), func(r *request) { r.Outputs = []*wantedTensor{{Name: output}, {Name: output}} }), codes.InvalidArgument, "asked for twice"},
		"another type":                  {ask("INT8", image, 1, 64, 64, 3), codes.InvalidArgument, `datatype "INT8": expected FP32`},
		"another shape":                 {ask("FP32", image, 1, 32, 128, 3), codes.InvalidArgument, "expected shape (N, 64, 64, 3), found (1, 32, 128, 3)"},
		"no shape":                      {ask("FP32", image), codes.InvalidArgument, "expected shape"},
		"a shape of too many lengths":   {ask("FP32", image, make([]int64, 1<<17)...), codes.InvalidArgument, "more than 65536 fields"},
		"no image":                      {ask("FP32", nil, 0, 64, 64, 3), codes.InvalidArgument, "0 images"},
		"a negative shape":              {ask("FP32", image, -1, 64, 64, 3), codes.InvalidArgument, "-1 images"},
		"a negative length":             {ask("FP32", image, 1, 64, -64, -3), codes.InvalidArgument, "expected shape"},
		"more images than may be there": {ask("FP32", image, math.MaxInt64, 64, 64, 3), codes.InvalidArgument, "at most 4"},
		"raw contents too short":        {ask("FP32", image[1:], 1, 64, 64, 3), codes.InvalidArgument, "expected 49152 bytes for the 12288 numbers of its shape, found 49151"},
		"raw contents too long":         {ask("FP32", append(image[:len(image):len(image)], 0), 1, 64, 64, 3), codes.InvalidArgument, "found 49153"},
		"raw contents of no input":      {with(good(), func(r *request) { r.RawInputContents = append(r.RawInputContents, image) }), codes.InvalidArgument, "1 inputs, and 2 raw_input_contents"},
		"raw contents besides contents": {with(good(), func(r *request) { r.Inputs[0].Contents = &inference.InferTensorContents{} }), codes.InvalidArgument, "both contents and raw_input_contents"},
		"no contents":                   {with(ask("FP32", nil, 1, 64, 64, 3), func(r *request) { r.RawInputContents = nil }), codes.InvalidArgument, "expected 12288 elements for its shape, found 0"},
		"contents of another type": {with(ask("FP32", nil, 1, 64, 64, 3), func(r *request) {
			r.RawInputContents = nil
			r.Inputs[0].Contents = &inference.InferTensorContents{Fp64Contents: make([]float64, 9)}
		}), codes.InvalidArgument, "found 0"},
		"a picture that is none":        {ask("BYTES", packElements([]byte("no picture")), 1), codes.InvalidArgument, "not a readable picture"},
		"a picture of too many pixels":  {ask("BYTES", packElements(bomb), 1), codes.ResourceExhausted, "picture too large: 65535 x 65535"},
		"an element beyond the data":    {ask("BYTES", []byte("\xff\xff\xff\xff12"), 1), codes.InvalidArgument, "longer than what is left"},
		"an element's length cut off":   {ask("BYTES", []byte("\x01\x00"), 1), codes.InvalidArgument, "longer than what is left"},
		"fewer elements than the shape": {ask("BYTES", packElements(bomb), 2), codes.InvalidArgument, "expected 2 elements"},
		"more elements than the shape":  {ask("BYTES", packElements(bomb, bomb), 1), codes.InvalidArgument, "17 bytes follow the 1 elements"},
		"pictures in a tensor's shape":  {ask("BYTES", packElements(bomb), 1, 64, 64, 3), codes.InvalidArgument, "expected shape (N)"},
		"a message beyond the limit":    {ask("FP32", make([]byte, 1<<20), 1, 64, 64, 3), codes.ResourceExhausted, "larger than max"},
		"a negative number of classes": {with(good(), func(r *request) {
			r.Outputs = []*wantedTensor{{Name: output, Parameters: classes(&inference.InferParameter{ParameterChoice: &inference.InferParameter_Int64Param{Int64Param: -1}})}}
		}), codes.InvalidArgument, "classification -1"},
		"more classes than can be counted": {with(good(), func(r *request) {
			r.Outputs = []*wantedTensor{{Name: output, Parameters: classes(&inference.InferParameter{ParameterChoice: &inference.InferParameter_Uint64Param{Uint64Param: 1 << 63}})}}
		}), codes.InvalidArgument, "classification -"},
		"words for a number of classes": {with(good(), func(r *request) {
			r.Outputs = []*wantedTensor{{Name: output, Parameters: classes(&inference.InferParameter{ParameterChoice: &inference.InferParameter_StringParam{StringParam: "3"}})}}
		}), codes.InvalidArgument, "classification: expected an int64_param"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := s.ModelInfer(t.Context(), c.request)
			got := status.Convert(err)
			require.Equal(t, c.code, got.Code(), got.Message())
			require.Contains(t, got.Message(), c.says)
			require.NotContains(t, got.Message(), "\n")
			require.Empty(t, got.Details(), "to come again would not help")
		})
	}
	_, err := s.ModelReady(t.Context(), &inference.ModelReadyRequest{Name: strings.Repeat("x", 1<<20)})
	require.Equal(t, codes.ResourceExhausted, status.Code(err), "other messages have the limit too")
	require.EqualValues(t, 0, metric(t, s.url, `vkeras_queue_images{model="signs"}`))
	require.Positive(t, metric(t, s.url, `vkeras_requests_total{model="",status="404",transport="grpc"}`))
	require.EqualValues(t, 1, metric(t, s.url, `vkeras_requests_total{model="",status="413",transport="grpc"}`))
}

// classes is a parameter that asks for the best classes.
func classes(p *inference.InferParameter) map[string]*inference.InferParameter {
	return map[string]*inference.InferParameter{"classification": p}
}

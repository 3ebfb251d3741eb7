package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/vkeras/vkeras/internal/inference"
)

// safeBuffer is a bytes.Buffer for several goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// serving starts a server, and returns its address and what ends it.
func serving(t *testing.T, args ...string) (url string, log *safeBuffer, end func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	log = &safeBuffer{}
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0", "--drain-delay", "0s"}, args...), nil, io.Discard, log)
	}()
	address := regexp.MustCompile(`msg=ready address=(\S+)`)
	require.Eventually(t, func() bool { return address.MatchString(log.String()) }, time.Minute, time.Millisecond, "%s", log)
	end = sync.OnceValue(func() int { cancel(); return <-status })
	t.Cleanup(func() { end() })
	return "http://" + address.FindStringSubmatch(log.String())[1], log, end
}

// sendPicture asks for a picture's best class, as the raw request.
func sendPicture(t *testing.T, url, file string) (status int, body string) {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(b))
	require.NoError(t, err)
	r.Header.Set("Inference-Header-Content-Length", "0")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	b, err = io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(b)
}

func TestServeGivesClassifysAnswers(t *testing.T) {
	url, log, end := serving(t, "--log-level", "debug")
	for _, name := range []string{"two_3.jpg", "four_1.png"} {
		file := filepath.Join(samples, name)
		r := vkeras(t, nil, "classify", "--json", "--top", "6", file)
		require.Equal(t, ok, r.status, r.stderr)
		var want classified
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &want))
		status, body := sendPicture(t, url+"/v2/models/signs/infer", file)
		require.Equal(t, http.StatusOK, status, body)
		var got struct{ Outputs []struct{ Data []float32 } }
		require.NoError(t, json.Unmarshal([]byte(body), &got))
		for _, c := range want.Pictures[0].Classes {
			require.InDelta(t, c.Score, got.Outputs[0].Data[c.Index], 1e-6, name)
		}
	}
	require.Equal(t, ok, end(), log)
	require.Contains(t, log.String(), "msg=draining")
	require.Contains(t, log.String(), "msg=infer model=signs")
	require.Contains(t, log.String(), "msg=ended")
}

func TestServeTakesSeveralModels(t *testing.T) {
	heads := "../../testdata/keras/two_heads_keras3/model.keras"
	small := "../../testdata/keras/exercise_small_keras3/model.keras"
	names := filepath.Join(t.TempDir(), "names.txt")
	require.NoError(t, os.WriteFile(names, []byte("zero\none\ntwo\nthree\nfour\nfive\n"), 0o644))
	url, log, end := serving(t, "--model", "heads="+heads, "--model", "hands="+model, "--labels", "hands="+names, "--model", "small="+small, "--preset", "small=exercise")
	require.Contains(t, log.String(), `msg="the model takes tensors alone, no pictures" model=heads`)
	picture := filepath.Join(samples, "two_1.png")
	for name, want := range map[string]int{"heads": http.StatusBadRequest, "hands": http.StatusOK, "small": http.StatusOK, "signs": http.StatusNotFound} {
		status, body := sendPicture(t, url+"/v2/models/"+name+"/infer", picture)
		require.Equal(t, want, status, "%s: %s", name, body)
	}
	require.Equal(t, ok, end(), log)
}

// What classify answers for a net with its channels first is held to Keras's by
// package classify.
func TestServeGivesPicturesToNetsWithTheirChannelsFirst(t *testing.T) {
	planes := "../../testdata/keras/channels_first_keras3/model.keras"
	picture := filepath.Join(samples, "two_1.png")
	r := vkeras(t, nil, "classify", "--json", "--top", "6", "--model", planes, "--preset", "none", picture)
	require.Equal(t, ok, r.status, r.stderr)
	var want classified
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &want))
	require.NotEmpty(t, want.Pictures[0].Classes)
	url, log, end := serving(t, "--model", "planes="+planes, "--preset", "planes=none")
	status, body := sendPicture(t, url+"/v2/models/planes/infer", picture)
	require.Equal(t, http.StatusOK, status, body)
	var got struct{ Outputs []struct{ Data []float32 } }
	require.NoError(t, json.Unmarshal([]byte(body), &got))
	for _, c := range want.Pictures[0].Classes {
		require.InDelta(t, c.Score, got.Outputs[0].Data[c.Index], 1e-5)
	}
	require.Equal(t, ok, end(), log)
}

// Weights alone and nets of any size are served with what the flags say of them.
func TestServeTakesWeightsAndOpenSizes(t *testing.T) {
	folder := "../../testdata/keras/exercise_small_keras3/"
	whole, apart := folder+"model.keras", folder+"model.weights.h5"
	url, log, end := serving(t, "--model", "whole="+whole, "--preset", "whole=exercise", "--model", "apart="+apart, "--config", "apart="+folder+"config.json", "--preset", "apart=exercise")
	var answers []string
	for _, name := range []string{"whole", "apart"} {
		status, body := sendPicture(t, url+"/v2/models/"+name+"/infer", filepath.Join(samples, "two_1.png"))
		require.Equal(t, http.StatusOK, status, body)
		answers = append(answers, body[strings.Index(body, `"outputs"`):])
	}
	require.Equal(t, answers[0], answers[1])
	require.Equal(t, ok, end(), log)
	r := vkeras(t, nil, "serve", "--model", "apart="+apart)
	require.Equal(t, failed, r.status)
	require.Contains(t, r.stderr, "pass --config NAME=FILE or --architecture NAME=ARCHITECTURE")
}

func TestServeAnswersOverGRPC(t *testing.T) {
	url, log, end := serving(t, "--log-level", "debug", "--grpc", "127.0.0.1:0", "--drain-delay", "2s")
	address := regexp.MustCompile(`msg=ready .*grpc=(\S+)`).FindStringSubmatch(log.String())
	require.NotNil(t, address, log)
	conn, err := grpc.NewClient(address[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	client, health := inference.NewGRPCInferenceServiceClient(conn), healthpb.NewHealthClient(conn)
	file := filepath.Join(samples, "four_1.png")
	picture, err := os.ReadFile(file)
	require.NoError(t, err)
	about, err := client.ModelMetadata(t.Context(), &inference.ModelMetadataRequest{Name: "signs"})
	require.NoError(t, err)
	answer, err := client.ModelInfer(t.Context(), &inference.ModelInferRequest{ModelName: "signs", Inputs: []*inference.ModelInferRequest_InferInputTensor{{
		Name: about.Inputs[0].Name, Datatype: "BYTES", Shape: []int64{1}, Contents: &inference.InferTensorContents{BytesContents: [][]byte{picture}},
	}}})
	require.NoError(t, err)
	status, body := sendPicture(t, url+"/v2/models/signs/infer", file)
	require.Equal(t, http.StatusOK, status, body)
	var want struct{ Outputs []struct{ Data []float32 } }
	require.NoError(t, json.Unmarshal([]byte(body), &want))
	require.Equal(t, want.Outputs[0].Data, answer.Outputs[0].GetContents().GetFp32Contents())
	require.Contains(t, log.String(), "msg=infer model=signs transport=grpc")
	watch, err := health.Watch(t.Context(), &healthpb.HealthCheckRequest{})
	require.NoError(t, err)
	next := func() healthpb.HealthCheckResponse_ServingStatus {
		r, err := watch.Recv()
		require.NoError(t, err)
		return r.Status
	}
	require.Equal(t, healthpb.HealthCheckResponse_SERVING, next())
	ended := make(chan int, 1)
	go func() { ended <- end() }()
	require.Equal(t, healthpb.HealthCheckResponse_NOT_SERVING, next())
	live, err := client.ServerLive(t.Context(), &inference.ServerLiveRequest{})
	require.NoError(t, err, "a server that drains answers")
	require.True(t, live.Live)
	require.Equal(t, ok, <-ended, log)
	_, err = client.ServerLive(t.Context(), &inference.ServerLiveRequest{})
	require.Error(t, err)
}

func TestServeRefusesWhatItCannotDo(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"a port that is taken":          {[]string{"--listen", taken.Addr().String()}, failed, "address already in use"},
		"a port for gRPC that is taken": {[]string{"--grpc", taken.Addr().String()}, failed, "address already in use"},
		"a port for gRPC that is none":  {[]string{"--grpc", "nowhere"}, failed, "--grpc nowhere"},
		"a model without a name":        {[]string{"--model", "x.keras"}, wrongUsage, "expected NAME=VALUE"},
		"a name twice":                  {[]string{"--model", "a=" + model, "--model", "a=" + model}, wrongUsage, `"a" is named twice`},
		"a name of no path":             {[]string{"--model", "a/b=" + model}, failed, `model name "a/b"`},
		"a missing model":               {[]string{"--model", "a=none.keras"}, failed, "none.keras: no such file"},
		"a config of no model":          {[]string{"--config", "a=x.json"}, wrongUsage, "there is no --model a"},
		"labels of no model":            {[]string{"--labels", "a=names.txt"}, wrongUsage, "there is no --model a"},
		"labels that are not there":     {[]string{"--model", "a=" + model, "--labels", "a=none.txt"}, failed, "--labels none.txt: no such file"},
		"an unknown preset":             {[]string{"--model", "a=" + model, "--preset", "a=vgg"}, wrongUsage, `"vgg"`},
		"an unknown filter":             {[]string{"--resize", "area"}, wrongUsage, `"area"`},
		"no pixels":                     {[]string{"--max-pixels", "0"}, wrongUsage, "--max-pixels 0"},
		"a batch of no sense":           {[]string{"--batch", "0"}, wrongUsage, "--batch 0"},
		"an unknown device":             {[]string{"--device", "voodoo"}, wrongUsage, `no such Vulkan device: "voodoo"`},
		"a device twice":                {[]string{"--device", "0", "--device", "0"}, wrongUsage, "is named twice"},
		"the reference":                 {[]string{"--device", "reference"}, wrongUsage, "too slow to serve"},
		"a size of no sense":            {[]string{"--max-request", "much"}, wrongUsage, "--max-request"},
		"a queue of no sense":           {[]string{"--queue", "-1"}, wrongUsage, "--queue -1"},
		"a log of no kind":              {[]string{"--log", "xml"}, wrongUsage, `--log "xml"`},
		"a level of no kind":            {[]string{"--log-level", "loud"}, wrongUsage, `--log-level "loud"`},
		"arguments that it has none":    {[]string{"hand.png"}, wrongUsage, "unknown command"},
	} {
		t.Run(name, func(t *testing.T) {
			r := vkeras(t, nil, append([]string{"serve", "--listen", "127.0.0.1:0", "--log-level", "error"}, c.args...)...)
			require.Equal(t, c.status, r.status, r.stderr)
			require.Contains(t, r.stderr, c.says)
			require.Empty(t, r.stdout)
			require.Equal(t, 1, strings.Count(r.stderr, "vkeras: "), r.stderr)
		})
	}
}

package serve_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/inference"
	"github.com/vkeras/vkeras/serve"
)

// calls sends a request for one image so many times, and returns where what
// became of them comes.
func (s both) calls(ctx context.Context, small small, count int) chan error {
	r := rawRequest("small", small.graph.Inputs[0].Name, small.x)
	errs := make(chan error, count)
	for range count {
		go func() {
			_, err := s.ModelInfer(ctx, r)
			errs <- err
		}()
	}
	return errs
}

// requireAgain holds an error to a code and to saying when to come again.
func requireAgain(t *testing.T, code codes.Code, err error, trailer metadata.MD) {
	t.Helper()
	got := status.Convert(err)
	require.Equal(t, code, got.Code(), got.Message())
	require.Len(t, got.Details(), 1)
	require.Equal(t, time.Second, got.Details()[0].(*errdetails.RetryInfo).GetRetryDelay().AsDuration())
	require.Equal(t, []string{"1000"}, trailer.Get("grpc-retry-pushback-ms"))
}

func TestAFullQueueTellsBothTransports(t *testing.T) {
	small := smallModel(t)
	g := newGate(engineOf(t, small.graph, 2, 1))
	s := startBoth(t, serve.Options{Queue: 3}, modelOf("small", small.graph, 2, g))
	errs := s.calls(t.Context(), small, 2)
	statuses := clients(t, small, s.url, 1, 1)
	soon(t, func() bool { return held(t, s.url) == 3 })
	var trailer metadata.MD
	_, err := s.ModelInfer(t.Context(), rawRequest("small", small.graph.Inputs[0].Name, small.x), grpc.Trailer(&trailer))
	require.ErrorContains(t, err, "the server is full: 3 images of at most 3")
	requireAgain(t, codes.ResourceExhausted, err, trailer)
	require.Equal(t, http.StatusServiceUnavailable, <-clients(t, small, s.url, 1, 1))
	ready, err := s.ServerReady(t.Context(), &inference.ServerReadyRequest{})
	require.NoError(t, err)
	require.True(t, ready.Ready, "busy is not broken")
	close(g.pass)
	for range 2 {
		require.NoError(t, <-errs)
	}
	require.Equal(t, http.StatusOK, <-statuses)
	require.NoError(t, <-s.calls(t.Context(), small, 1))
}

func TestGRPCsOwnRetriesComeAgain(t *testing.T) {
	small := smallModel(t)
	g := newGate(engineOf(t, small.graph, 1, 1))
	s := startBoth(t, serve.Options{Queue: 1}, modelOf("small", small.graph, 1, g))
	first := s.calls(t.Context(), small, 1)
	soon(t, func() bool { return held(t, s.url) == 1 })
	conn, err := grpc.NewClient(s.conn.Target(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(`{"methodConfig": [{
		"name": [{"service": "inference.GRPCInferenceService"}],
		"retryPolicy": {"maxAttempts": 5, "initialBackoff": "100s", "maxBackoff": "100s", "backoffMultiplier": 1, "retryableStatusCodes": ["RESOURCE_EXHAUSTED"]}
	}]}`))
	require.NoError(t, err)
	defer conn.Close()
	patient := s
	patient.GRPCInferenceServiceClient = inference.NewGRPCInferenceServiceClient(conn)
	second := patient.calls(t.Context(), small, 1)
	soon(t, func() bool {
		return metric(t, s.url, `vkeras_requests_total{model="small",status="503",transport="grpc"}`) == 1
	})
	close(g.pass)
	require.NoError(t, <-first)
	require.NoError(t, <-second, "after the server's second, not after the client's hundred")
}

func TestMessagesCountAmongWhatAllBodiesMayHave(t *testing.T) {
	small := smallModel(t)
	g := newGate(engineOf(t, small.graph, 1, 1))
	body, _ := small.request(t, 1)
	limit := int64(len(body)) // more than the message has
	s := startBoth(t, serve.Options{RequestBytes: limit, BodyBytes: 2 * limit}, modelOf("small", small.graph, 1, g))
	errs := s.calls(t.Context(), small, 1)
	soon(t, func() bool { return held(t, s.url) == 1 })
	statuses := clients(t, small, s.url, 1, 1)
	soon(t, func() bool { return held(t, s.url) == 2 })
	var trailer metadata.MD
	_, err := s.ModelInfer(t.Context(), rawRequest("small", small.graph.Inputs[0].Name, small.x), grpc.Trailer(&trailer))
	require.ErrorContains(t, err, "as many bytes as it may")
	requireAgain(t, codes.ResourceExhausted, err, trailer)
	close(g.pass)
	require.NoError(t, <-errs)
	require.Equal(t, http.StatusOK, <-statuses)
	soon(t, func() bool { return <-s.calls(t.Context(), small, 1) == nil })
}

// halfSent begins a call, whose message does not come.
func (s both) halfSent(t *testing.T, ctx context.Context) grpc.ClientStream {
	t.Helper()
	stream, err := s.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true}, inference.GRPCInferenceService_ModelInfer_FullMethodName)
	require.NoError(t, err)
	return stream
}

func TestAMessageThatDoesNotComeIsGivenUp(t *testing.T) {
	small := smallModel(t)
	s := startBoth(t, serve.Options{BodyTime: 50 * time.Millisecond, BodyBytes: 1}, modelOf("small", small.graph, 1, engineOf(t, small.graph, 1, 1)))
	stream := s.halfSent(t, t.Context())
	require.NoError(t, stream.SendMsg(&inference.ModelInferRequest{}), "without its end")
	err := stream.RecvMsg(&inference.ModelInferResponse{})
	require.Equal(t, codes.DeadlineExceeded, status.Code(err), err)
	require.ErrorContains(t, err, "did not come in time")
	require.NoError(t, <-s.calls(t.Context(), small, 1), "its turn is over")
}

func TestMessagesWaitForTheirTurnAndNotForEver(t *testing.T) {
	small := smallModel(t)
	s := startBoth(t, serve.Options{BodyBytes: 1}, modelOf("small", small.graph, 1, engineOf(t, small.graph, 1, 1)))
	ctx, cancel := context.WithCancel(t.Context())
	var trailer metadata.MD
	var err error
	soon(t, func() bool { // the call that does not go on may come second
		s.halfSent(t, ctx)
		_, err = s.ModelInfer(t.Context(), rawRequest("small", small.graph.Inputs[0].Name, small.x), grpc.Trailer(&trailer))
		return status.Code(err) == codes.ResourceExhausted && strings.Contains(err.Error(), "as many requests as it may")
	})
	requireAgain(t, codes.ResourceExhausted, err, trailer)
	_, err = s.ServerLive(t.Context(), &inference.ServerLiveRequest{})
	require.NoError(t, err, "other calls have turns of their own")
	cancel()
	soon(t, func() bool { return <-s.calls(t.Context(), small, 1) == nil })
}

func TestGRPCClientsThatGoAwayAreNotComputed(t *testing.T) {
	small := smallModel(t)
	g := newGate(engineOf(t, small.graph, 1, 1))
	s := startBoth(t, serve.Options{}, modelOf("small", small.graph, 1, g))
	first := s.calls(t.Context(), small, 1)
	require.Equal(t, 1, <-g.arrived)
	cancelled, cancel := context.WithCancel(t.Context())
	gone := s.calls(cancelled, small, 5)
	soon(t, func() bool { return held(t, s.url) == 6 })
	hurried, hurry := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer hurry()
	late := s.calls(hurried, small, 1)
	cancel()
	for range 5 {
		require.Equal(t, codes.Canceled, status.Code(<-gone))
	}
	require.Equal(t, codes.DeadlineExceeded, status.Code(<-late))
	soon(t, func() bool {
		return metric(t, s.url, `vkeras_requests_total{model="small",status="499",transport="grpc"}`) >= 5
	})
	close(g.pass)
	require.NoError(t, <-first)
	soon(t, func() bool { return held(t, s.url) == 0 })
	require.EqualValues(t, 1, metric(t, s.url, `vkeras_batch_images_count{model="small"}`))
}

func TestShutdownFinishesCallsAndEndsWatches(t *testing.T) {
	small := smallModel(t)
	g := newGate(engineOf(t, small.graph, 1, 1))
	s := startBoth(t, serve.Options{}, modelOf("small", small.graph, 1, g))
	watch, err := healthpb.NewHealthClient(s.conn).Watch(t.Context(), &healthpb.HealthCheckRequest{Service: "small"})
	require.NoError(t, err)
	next := func() healthpb.HealthCheckResponse_ServingStatus {
		r, err := watch.Recv()
		require.NoError(t, err)
		return r.Status
	}
	require.Equal(t, healthpb.HealthCheckResponse_SERVING, next())
	errs := s.calls(t.Context(), small, 2)
	soon(t, func() bool { return held(t, s.url) == 2 })
	s.Drain()
	require.Equal(t, healthpb.HealthCheckResponse_NOT_SERVING, next())
	late := s.calls(t.Context(), small, 1) // a server that drains still answers
	soon(t, func() bool { return held(t, s.url) == 3 })
	down := make(chan error, 1)
	go func() { down <- s.rpc.Shutdown(context.Background()) }()
	_, err = watch.Recv()
	require.Error(t, err, "a watch would go on for ever")
	require.Empty(t, down)
	close(g.pass)
	for range 2 {
		require.NoError(t, <-errs)
	}
	require.NoError(t, <-late)
	require.NoError(t, <-down)
	require.Equal(t, codes.Unavailable, status.Code(<-s.calls(t.Context(), small, 1)))
	require.NoError(t, s.Close())
}

func TestShutdownCutsOffWhatTakesTooLong(t *testing.T) {
	small := smallModel(t)
	g := newGate(engineOf(t, small.graph, 1, 1))
	s := startBoth(t, serve.Options{}, modelOf("small", small.graph, 1, g))
	errs := s.calls(t.Context(), small, 2)
	soon(t, func() bool { return held(t, s.url) == 2 })
	limit, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.rpc.Shutdown(limit), context.DeadlineExceeded)
	for range 2 {
		require.Error(t, <-errs)
	}
	close(g.pass)
	soon(t, func() bool { return held(t, s.url) == 0 })
}

func TestAClosedServerIsUnavailable(t *testing.T) {
	small := smallModel(t)
	s := startBoth(t, serve.Options{}, modelOf("small", small.graph, 1, engineOf(t, small.graph, 1, 1)))
	require.NoError(t, s.Close())
	var trailer metadata.MD
	_, err := s.ModelInfer(t.Context(), rawRequest("small", small.graph.Inputs[0].Name, small.x), grpc.Trailer(&trailer))
	require.ErrorContains(t, err, "the server is closed")
	requireAgain(t, codes.Unavailable, err, trailer)
}

func TestALostDeviceIsUnavailableOverGRPC(t *testing.T) {
	small := smallModel(t)
	lost := newGate(engineOf(t, small.graph, 1, 1))
	lost.err = fmt.Errorf("submit: %w", gpu.ErrDeviceLost)
	close(lost.pass)
	broken := modelOf("small", small.graph, 1, lost)
	good := modelOf("good", small.graph, 1, engineOf(t, small.graph, 1, 1))
	s := startBoth(t, serve.Options{Delay: -1}, broken, good)
	health := healthpb.NewHealthClient(s.conn)
	check := func(name string, want healthpb.HealthCheckResponse_ServingStatus) {
		r, err := health.Check(t.Context(), &healthpb.HealthCheckRequest{Service: name})
		require.NoError(t, err)
		require.Equal(t, want, r.Status, "%q", name)
	}
	check("small", healthpb.HealthCheckResponse_SERVING)
	for range 2 { // the device is lost, and then there is none
		require.Equal(t, codes.Unavailable, status.Code(<-s.calls(t.Context(), small, 1)))
	}
	<-s.Lost()
	check("small", healthpb.HealthCheckResponse_NOT_SERVING)
	check("", healthpb.HealthCheckResponse_NOT_SERVING)
	check("good", healthpb.HealthCheckResponse_SERVING)
	_, err := health.Check(t.Context(), &healthpb.HealthCheckRequest{Service: "nobody"})
	require.Equal(t, codes.NotFound, status.Code(err))
	r, err := s.ModelReady(t.Context(), &inference.ModelReadyRequest{Name: "small"})
	require.NoError(t, err)
	require.False(t, r.Ready)
}

func TestACompressedMessageIsRefused(t *testing.T) {
	small := smallModel(t)
	s := startBoth(t, serve.Options{}, modelOf("small", small.graph, 1, engineOf(t, small.graph, 1, 1)))
	protocols := &http.Protocols{}
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols} // for gRPC's own client has no gzip, unless its server has
	defer transport.CloseIdleConnections()
	url := "http://" + s.conn.Target() + inference.GRPCInferenceService_ModelInfer_FullMethodName
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("\x01\x00\x00\x00\x02zz"))
	require.NoError(t, err)
	r.Header = http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}, "Grpc-Encoding": {"gzip"}}
	answer, err := transport.RoundTrip(r)
	require.NoError(t, err)
	read(t, answer)
	code := answer.Trailer.Get("Grpc-Status")
	if code == "" {
		code = answer.Header.Get("Grpc-Status") // of an answer that is only that
	}
	require.Equal(t, strconv.Itoa(int(codes.Unimplemented)), code)
}

func TestAMessageThatIsNoneIsTheClientsFault(t *testing.T) {
	small := smallModel(t)
	s := startBoth(t, serve.Options{}, modelOf("small", small.graph, 1, engineOf(t, small.graph, 1, 1)))
	for what, b := range map[string][]byte{
		"no protobuf": []byte("hello"), "text that is not UTF-8": {0x0a, 1, 0xff}, "inputs of two bytes each": bytes.Repeat([]byte{0x2a, 0}, 1<<17),
	} {
		err := s.conn.Invoke(t.Context(), inference.GRPCInferenceService_ModelInfer_FullMethodName, b, &inference.ModelInferResponse{}, grpc.ForceCodec(bytesCodec{}))
		require.Equal(t, codes.InvalidArgument, status.Code(err), "%s: %v", what, err)
	}
}

// bytesCodec sends bytes as they are.
type bytesCodec struct{}

func (bytesCodec) Name() string                  { return "proto" }
func (bytesCodec) Marshal(v any) ([]byte, error) { return v.([]byte), nil }
func (bytesCodec) Unmarshal([]byte, any) error   { return nil }

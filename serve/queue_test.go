package serve_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/serve"
)

// gate is a real engine whose runs wait to be let through.
type gate struct {
	serve.Engine
	arrived chan int      // images of a run that waits
	pass    chan struct{} // one for each run; closed: all
	err     error         // instead of an answer
}

func newGate(e serve.Engine) *gate {
	return &gate{Engine: e, arrived: make(chan int, 100), pass: make(chan struct{})}
}

func (g *gate) RunAll(ctx context.Context, in []*nn.Tensor) ([]*nn.Tensor, error) {
	g.arrived <- in[0].Shape[0]
	<-g.pass
	if g.err != nil {
		return nil, g.err
	}
	return g.Engine.RunAll(ctx, in)
}

// small is a small model, what it answers, and a request of one image.
type small struct {
	graph *nn.Graph
	x     *nn.Tensor
	want  []float32
}

func smallModel(t *testing.T) small {
	g := fixture(t, "two_heads_keras3/model.keras")
	x := numbers(t, "two_heads_keras3/input.npy")
	one := &nn.Tensor{Shape: x.Shape[1:].Batch(1), Data: x.Image(0)}
	return small{g, one, numbers(t, "two_heads_keras3/output.npy").Image(0)}
}

// request is one for n times the image.
func (s small) request(t *testing.T, n int) (body []byte, header int) {
	x := &nn.Tensor{Shape: s.x.Shape[1:].Batch(n)}
	for range n {
		x.Data = append(x.Data, s.x.Data...)
	}
	return asBinary(t, []string{s.graph.Inputs[0].Name}, x)
}

// metric reads a sample of /metrics, by the beginning of its line.
func metric(t *testing.T, url, line string) float64 {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(line) + ` (\S+)$`).FindSubmatch(get(t, url+"/metrics").body)
	if found == nil {
		return 0
	}
	v, err := strconv.ParseFloat(string(found[1]), 64)
	require.NoError(t, err)
	return v
}

func held(t *testing.T, url string) float64 {
	return metric(t, url, `vkeras_queue_images{model="small"}`)
}

// clients sends a request of n images each, and returns where their statuses
// come.
func clients(t *testing.T, s small, url string, count, n int) chan int {
	body, header := s.request(t, n)
	statuses := make(chan int, count)
	for range count {
		go func() {
			r, err := post(context.Background(), url+"/v2/models/small/infer", body, header)
			if err != nil {
				statuses <- 0
				return
			}
			r.Body.Close()
			statuses <- r.StatusCode
		}()
	}
	return statuses
}

func TestRequestsThatWaitAreComputedTogether(t *testing.T) {
	s := smallModel(t)
	g := newGate(engineOf(t, s.graph, 4, 1))
	_, url := start(t, serve.Options{Delay: time.Minute}, modelOf("small", s.graph, 4, g))
	statuses := clients(t, s, url, 4, 1) // a full batch does not wait for a minute
	require.Equal(t, 4, <-g.arrived)
	more := clients(t, s, url, 1, 3)
	soon(t, func() bool { return held(t, url) == 7 })
	more2 := clients(t, s, url, 1, 2) // does not fit beside three
	close(g.pass)
	for range 4 {
		require.Equal(t, http.StatusOK, <-statuses)
	}
	require.Equal(t, 3, <-g.arrived, "a call that does not fit begins the next batch, and its batch goes")
	require.Equal(t, http.StatusOK, <-more)
	clients(t, s, url, 1, 2)
	require.Equal(t, 4, <-g.arrived)
	require.Equal(t, http.StatusOK, <-more2)
	soon(t, func() bool { return held(t, url) == 0 })
	require.EqualValues(t, 3, metric(t, url, `vkeras_batch_images_count{model="small"}`))
	require.EqualValues(t, 11, metric(t, url, `vkeras_batch_images_sum{model="small"}`))
}

func TestABatchThatIsNotFullLeavesAfterItsDelay(t *testing.T) {
	s := smallModel(t)
	_, url := start(t, serve.Options{Delay: time.Millisecond}, modelOf("small", s.graph, 64, engineOf(t, s.graph, 64, 1)))
	body, header := s.request(t, 1)
	_, got := outputs(t, infer(t, url+"/v2/models/small/infer", body, header))
	require.InDeltaSlice(t, s.want, got[0], 1e-4)
}

func TestARequestLargerThanABatchIsComputedWhole(t *testing.T) {
	s := smallModel(t)
	_, url := start(t, serve.Options{}, modelOf("small", s.graph, 2, engineOf(t, s.graph, 2, 1)))
	body, header := s.request(t, 7)
	_, got := outputs(t, infer(t, url+"/v2/models/small/infer", body, header))
	for i := range 7 {
		require.InDeltaSlice(t, s.want, got[0][3*i:3*i+3], 1e-4)
	}
}

func TestEachClientOfABatchGetsItsOwnAnswer(t *testing.T) {
	g := fixture(t, "two_heads_keras3/model.keras")
	x, want := numbers(t, "two_heads_keras3/input.npy"), numbers(t, "two_heads_keras3/output.npy")
	_, url := start(t, serve.Options{Delay: 20 * time.Millisecond}, modelOf("small", g, 8, engineOf(t, g, 8, 1)))
	var group sync.WaitGroup
	for i := range 64 {
		at := i % x.Shape[0]
		body, header := asBinary(t, []string{g.Inputs[0].Name}, &nn.Tensor{Shape: x.Shape[1:].Batch(1), Data: x.Image(at)})
		group.Go(func() {
			_, got := outputs(t, infer(t, url+"/v2/models/small/infer", body, header))
			require.InDeltaSlice(t, want.Image(at), got[0], 1e-4)
		})
	}
	group.Wait()
	require.Less(t, metric(t, url, `vkeras_batch_images_count{model="small"}`), 64.0)
}

func TestAFullServerSaysWhenToComeAgain(t *testing.T) {
	s := smallModel(t)
	g := newGate(engineOf(t, s.graph, 2, 1))
	_, url := start(t, serve.Options{Queue: 3}, modelOf("small", s.graph, 2, g))
	statuses := clients(t, s, url, 3, 1)
	soon(t, func() bool { return held(t, url) == 3 })
	body, header := s.request(t, 1)
	r := infer(t, url+"/v2/models/small/infer", body, header)
	require.Equal(t, http.StatusServiceUnavailable, r.status)
	require.Equal(t, "1", r.header.Get("Retry-After"))
	require.Contains(t, string(r.body), "the server is full: 3 images of at most 3")
	require.Equal(t, http.StatusOK, get(t, url+"/v2/health/ready").status, "busy is not broken")
	close(g.pass)
	for range 3 {
		require.Equal(t, http.StatusOK, <-statuses)
	}
	soon(t, func() bool { return held(t, url) == 0 })
	require.Equal(t, http.StatusOK, infer(t, url+"/v2/models/small/infer", body, header).status)
}

func TestBodiesHaveABudget(t *testing.T) {
	s := smallModel(t)
	g := newGate(engineOf(t, s.graph, 1, 1))
	body, header := s.request(t, 1)
	_, url := start(t, serve.Options{RequestBytes: int64(len(body)), BodyBytes: int64(2 * len(body))}, modelOf("small", s.graph, 1, g))
	statuses := clients(t, s, url, 2, 1)
	soon(t, func() bool { return held(t, url) == 2 })
	r := infer(t, url+"/v2/models/small/infer", body, header)
	require.Equal(t, http.StatusServiceUnavailable, r.status)
	require.Contains(t, string(r.body), "as many bytes as it may")
	close(g.pass)
	for range 2 {
		require.Equal(t, http.StatusOK, <-statuses)
	}
	chunked, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v2/models/small/infer", io.MultiReader(bytes.NewReader(body)))
	require.NoError(t, err)
	chunked.Header.Set("Inference-Header-Content-Length", strconv.Itoa(header))
	answer, err := http.DefaultClient.Do(chunked)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, read(t, answer).status)
}

func TestClientsThatGoAwayAreNotComputed(t *testing.T) {
	s := smallModel(t)
	g := newGate(engineOf(t, s.graph, 1, 1))
	_, url := start(t, serve.Options{}, modelOf("small", s.graph, 1, g))
	statuses := clients(t, s, url, 1, 1)
	require.Equal(t, 1, <-g.arrived)
	ctx, cancel := context.WithCancel(t.Context())
	body, header := s.request(t, 1)
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			r, err := post(ctx, url+"/v2/models/small/infer", body, header)
			if err == nil {
				r.Body.Close()
			}
		})
	}
	soon(t, func() bool { return held(t, url) == 6 })
	cancel()
	group.Wait()
	soon(t, func() bool {
		return metric(t, url, `vkeras_requests_total{model="small",status="499",transport="http"}`) == 5
	})
	close(g.pass)
	require.Equal(t, http.StatusOK, <-statuses)
	soon(t, func() bool { return held(t, url) == 0 })
	require.EqualValues(t, 1, metric(t, url, `vkeras_batch_images_count{model="small"}`))
}

func TestCloseAnswersWhatWasBegunAndRefusesTheRest(t *testing.T) {
	s := smallModel(t)
	g := newGate(engineOf(t, s.graph, 1, 1))
	server, url := start(t, serve.Options{}, modelOf("small", s.graph, 1, g))
	statuses := clients(t, s, url, 4, 1)
	soon(t, func() bool { return held(t, url) == 4 })
	server.Drain()
	late := clients(t, s, url, 1, 1) // a server that drains still answers
	soon(t, func() bool { return held(t, url) == 5 })
	closed := make(chan error)
	go func() { closed <- server.Close() }()
	body, header := s.request(t, 1)
	soon(t, func() bool {
		r := infer(t, url+"/v2/models/small/infer", body, header)
		return r.status == http.StatusServiceUnavailable && bytes.Contains(r.body, []byte("the server is closed"))
	})
	close(g.pass)
	for range 4 {
		require.Equal(t, http.StatusOK, <-statuses)
	}
	require.Equal(t, http.StatusOK, <-late)
	require.NoError(t, <-closed)
	require.ErrorIs(t, server.Close(), serve.ErrClosed)
}

func TestBatchesGoToTheDeviceWithTheFewestImages(t *testing.T) {
	s := smallModel(t)
	a, b := newGate(engineOf(t, s.graph, 4, 1)), newGate(engineOf(t, s.graph, 4, 1))
	m := modelOf("small", s.graph, 4, a, b)
	for i := range m.Programs {
		m.Programs[i].InFlight = 2
	}
	_, url := start(t, serve.Options{Delay: -1}, m)
	var all []chan int
	send := func(images int) { all = append(all, clients(t, s, url, 1, images)) }
	send(4)
	require.Equal(t, 4, <-a.arrived)
	send(1)
	require.Equal(t, 1, <-b.arrived)
	send(2)
	require.Equal(t, 2, <-b.arrived, "1 image is less than 4")
	send(3)
	require.Equal(t, 3, <-a.arrived, "the other has no room")
	close(a.pass)
	close(b.pass)
	for _, c := range all {
		require.Equal(t, http.StatusOK, <-c)
	}
	require.EqualValues(t, 7, metric(t, url, `vkeras_images_total{device="device 0",model="small"}`))
}

func TestALostDeviceIsTakenOutAndTheLastOneEndsTheService(t *testing.T) {
	s := smallModel(t)
	lost := newGate(engineOf(t, s.graph, 1, 1))
	lost.err = fmt.Errorf("submit: %w", gpu.ErrDeviceLost)
	close(lost.pass)
	good := newGate(engineOf(t, s.graph, 1, 1))
	m := modelOf("small", s.graph, 1, lost, good)
	m.Programs[0].InFlight = 3
	server, url := start(t, serve.Options{Delay: -1}, m)
	require.Equal(t, http.StatusServiceUnavailable, <-clients(t, s, url, 1, 1))
	close(good.pass)
	for range 5 {
		require.Equal(t, http.StatusOK, <-clients(t, s, url, 1, 1))
	}
	require.True(t, server.Ready())
	good.err = lost.err
	require.Equal(t, http.StatusServiceUnavailable, <-clients(t, s, url, 1, 1))
	<-server.Lost()
	require.False(t, server.Ready())
	require.Equal(t, http.StatusServiceUnavailable, <-clients(t, s, url, 1, 1))
	require.Equal(t, http.StatusServiceUnavailable, get(t, url+"/v2/models/small/ready").status)
}

func TestEveryPictureIsAnsweredOrRefusedUnderLoad(t *testing.T) {
	model := demoModel(t, 4)
	_, url := start(t, serve.Options{Queue: 8}, model)
	body, header := pictureRequest(t, model.Inputs[0].Name, "", sample(t, "one_2.png"))
	var served, refused atomic.Int64
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 8 {
				r := infer(t, url+"/v2/models/signs/infer", body, header)
				switch r.status {
				case http.StatusOK:
					served.Add(1)
				case http.StatusServiceUnavailable:
					refused.Add(1)
				default:
					t.Errorf("status %d: %s", r.status, r.body)
				}
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 128, served.Load()+refused.Load())
	require.Positive(t, served.Load())
	require.EqualValues(t, served.Load(), metric(t, url, `vkeras_requests_total{model="signs",status="200",transport="http"}`))
	require.EqualValues(t, served.Load(), metric(t, url, `vkeras_decode_seconds_count{model="signs"}`))
	require.EqualValues(t, served.Load(), metric(t, url, `vkeras_batch_images_sum{model="signs"}`))
	soon(t, func() bool { return metric(t, url, `vkeras_queue_images{model="signs"}`) == 0 })
}

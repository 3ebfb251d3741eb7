package serve

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/semaphore"
)

// Defaults of Options.
const (
	DefaultDelay        = 5 * time.Millisecond
	DefaultQueueBatches = 16       // a queue of that many full batches
	DefaultRequestBytes = 64 << 20 // 64 MiB
)

// Options bound and steer a server. The zero value is good.
type Options struct {
	// Delay is how long the first image of a batch waits for others; 0 means
	// DefaultDelay, less than 0 that it does not wait. A batch that is full does
	// not wait, nor does one that found no device free for so long.
	Delay time.Duration
	// Queue is how many images of a model may be in the server at once: being
	// decoded, waiting, being computed. 0 means DefaultQueueBatches times the
	// model's batch. A request that finds no room is answered 503 with
	// Retry-After.
	Queue int
	// RequestBytes is the most that a request's body may have; 0 means
	// DefaultRequestBytes.
	RequestBytes int64
	// BodyBytes bounds the bodies of all requests that are read or decoded at
	// once; 0 means eight times RequestBytes.
	BodyBytes int64
	// Log is told what happens: failures as errors, requests as debug messages.
	// nil: slog.Default().
	Log *slog.Logger
	// Version is what the server calls its version.
	Version string
}

// Server answers for models. It is an http.Handler.
type Server struct {
	options  Options
	mux      *http.ServeMux
	queues   map[string]*queue
	metrics  *metrics
	bodies   *semaphore.Weighted // bytes
	decoders *semaphore.Weighted // pictures being decoded
	draining atomic.Bool
	lost     chan struct{} // closed when a model has lost every device
	loseOnce sync.Once

	mu       sync.Mutex
	closed   bool
	requests sync.WaitGroup // of inference
	loops    sync.WaitGroup // of the queues
}

// New returns a server for models, which take part at once. The programs stay the
// caller's: they are closed after the server.
func New(o Options, models ...Model) (*Server, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	if len(models) == 0 {
		return nil, fmt.Errorf("there is no model to serve")
	}
	s := &Server{
		options: o, mux: http.NewServeMux(), queues: map[string]*queue{}, lost: make(chan struct{}),
		bodies: semaphore.NewWeighted(o.BodyBytes), decoders: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))),
	}
	loads := &loads{images: map[string]int{}}
	for i := range models {
		m := models[i]
		if err := m.check(); err != nil {
			return nil, err
		}
		if s.queues[m.Name] != nil {
			return nil, fmt.Errorf("two models are called %s", m.Name)
		}
		m.Batch = max(m.Batch, 1)
		q := &queue{model: &m, limit: o.Queue, delay: o.Delay, loads: loads, log: o.Log, lost: s.lose}
		if q.limit == 0 {
			q.limit = DefaultQueueBatches * m.Batch
		}
		s.queues[m.Name] = q
	}
	s.metrics = newMetrics(s)
	for _, q := range s.queues {
		q.metrics = s.metrics
		q.start()
		s.loops.Go(q.serve)
	}
	s.route()
	return s, nil
}

// filled returns the options with their defaults.
func (o Options) filled() (Options, error) {
	if o.Queue < 0 || o.RequestBytes < 0 || o.BodyBytes < 0 {
		return o, fmt.Errorf("a queue of %d images, requests of %d bytes, %d bytes of bodies: expected 0 or more", o.Queue, o.RequestBytes, o.BodyBytes)
	}
	if o.Delay == 0 {
		o.Delay = DefaultDelay
	}
	if o.RequestBytes == 0 {
		o.RequestBytes = DefaultRequestBytes
	}
	if o.BodyBytes == 0 {
		o.BodyBytes = 8 * o.RequestBytes
	}
	o.BodyBytes = max(o.BodyBytes, o.RequestBytes)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o, nil
}

func (s *Server) route() {
	s.mux.HandleFunc("GET /v2", s.about)
	s.mux.HandleFunc("GET /v2/health/live", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]bool{"live": true})
	})
	s.mux.HandleFunc("GET /v2/health/ready", func(w http.ResponseWriter, _ *http.Request) { s.writeReady(w, s.Ready()) })
	s.mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
	for _, version := range []string{"", "/versions/{version}"} {
		model := "/v2/models/{model}" + version
		s.mux.HandleFunc("GET "+model, s.ofModel(s.describe))
		s.mux.HandleFunc("GET "+model+"/ready", s.ofModel(func(w http.ResponseWriter, _ *http.Request, q *queue) {
			s.writeReady(w, !s.draining.Load() && !q.isDead())
		}))
		s.mux.HandleFunc("POST "+model+"/infer", s.ofModel(s.infer))
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, http.StatusNotFound, fmt.Errorf("there is no %s %.200s: see /v2", r.Method, r.URL.Path))
	})
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		w.Header().Set("Connection", "close") // so that the client's next one goes elsewhere
	}
	s.mux.ServeHTTP(w, r)
}

// version is the only one of every model.
const version = "1"

// ofModel finds the model that a path names.
func (s *Server) ofModel(handle func(http.ResponseWriter, *http.Request, *queue)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name, of := r.PathValue("model"), r.PathValue("version")
		q := s.queues[name]
		switch {
		case q == nil:
			writeError(w, http.StatusNotFound, fmt.Errorf("there is no model %.100q", name))
		case of != "" && of != version:
			writeError(w, http.StatusNotFound, fmt.Errorf("model %s has version %s alone, not %.100q", name, version, of))
		default:
			handle(w, r, q)
		}
	}
}

func (s *Server) about(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"name": "vkeras", "version": s.options.Version, "extensions": []string{"binary_tensor_data", "classification"},
	})
}

func (s *Server) writeReady(w http.ResponseWriter, ready bool) {
	status := http.StatusOK
	if !ready {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, map[string]bool{"ready": ready})
}

// Ready reports whether the server takes part in the service: it does not drain,
// and every model has a device.
func (s *Server) Ready() bool {
	if s.draining.Load() {
		return false
	}
	for _, q := range s.queues {
		if q.isDead() {
			return false
		}
	}
	return true
}

// Drain makes the server say that it is not ready. It goes on to answer, and asks
// clients to open a new connection for their next request.
func (s *Server) Drain() { s.draining.Store(true) }

// Lost returns a channel that is closed when a model has lost every device.
func (s *Server) Lost() <-chan struct{} { return s.lost }

func (s *Server) lose() { s.loseOnce.Do(func() { close(s.lost) }) }

// Close answers what was begun, refuses what comes after, and stops the server.
func (s *Server) Close() error {
	s.Drain()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.closed = true
	s.mu.Unlock()
	s.requests.Wait()
	for _, q := range s.queues {
		close(q.calls)
	}
	s.loops.Wait()
	return nil
}

// begin counts a request, whose end calls done; it fails after Close.
func (s *Server) begin() (done func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	s.requests.Add(1)
	return s.requests.Done, nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be written as JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}

func writeError(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, map[string]string{"error": err.Error()})
}

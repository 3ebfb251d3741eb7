package serve

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// Defaults of Options.
const (
	DefaultDelay        = 5 * time.Millisecond
	DefaultQueueBatches = 16       // a queue of that many full batches
	DefaultRequestBytes = 64 << 20 // 64 MiB
	DefaultBodyTime     = 2 * time.Minute
)

// Options bound and steer a server. The zero value is good.
type Options struct {
	// Delay is how long the first image of a batch waits for others; 0 means
	// DefaultDelay, less than 0 that it does not wait. A batch that is full does
	// not wait, nor does one that found no device free for so long.
	Delay time.Duration
	// Queue is how many images of a model may be in the server at once: being
	// decoded, waiting, being computed. 0 means DefaultQueueBatches times the
	// model's batch. A request that finds no room is told so: 503 with Retry-After,
	// over gRPC RESOURCE_EXHAUSTED with RetryInfo.
	Queue int
	// RequestBytes is the most that a request's body or message may have; 0 means
	// DefaultRequestBytes.
	RequestBytes int64
	// BodyBytes bounds the bodies of all requests that are read or decoded at
	// once; 0 means eight times RequestBytes.
	BodyBytes int64
	// BodyTime is how long the message of a gRPC request may take to come; 0 means
	// DefaultBodyTime. Over HTTP that is the ReadTimeout of an http.Server, and
	// BodyTime bounds what is read of a body beside the answer.
	BodyTime time.Duration
	// Log is told what happens: failures as errors, requests as debug messages.
	// nil: slog.Default().
	Log *slog.Logger
	// Version is what the server calls its version.
	Version string
}

// Server answers for models. It is an http.Handler; Server.GRPC answers over gRPC.
type Server struct {
	options  Options
	mux      *http.ServeMux
	queues   map[string]*queue
	metrics  *metrics
	bodies   *semaphore.Weighted // bytes
	decoders *semaphore.Weighted // pictures being decoded
	draining atomic.Bool
	health   *health.Server

	inferences, calls gate // of gRPC messages: requests, and all others

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
		health: health.NewServer(),
		// Half of what bodies may have: the other half is for those which are there.
		inferences: gate{semaphore.NewWeighted(max(o.BodyBytes/o.RequestBytes/2, 1)), o.BodyTime},
		calls:      gate{semaphore.NewWeighted(callTurns), callWithin},
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
		q := &queue{model: &m, limit: o.Queue, delay: o.Delay, loads: loads, log: o.Log, lost: func() { s.lose(m.Name) }}
		if q.limit == 0 {
			q.limit = DefaultQueueBatches * m.Batch
		}
		s.queues[m.Name] = q
		s.health.SetServingStatus(m.Name, healthpb.HealthCheckResponse_SERVING)
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
	if o.Queue < 0 || o.RequestBytes < 0 || o.BodyBytes < 0 || o.BodyTime < 0 {
		return o, fmt.Errorf("a queue of %d images, requests of %d bytes, %d bytes of bodies, %v for each: expected 0 or more", o.Queue, o.RequestBytes, o.BodyBytes, o.BodyTime)
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
	if o.BodyTime == 0 {
		o.BodyTime = DefaultBodyTime
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o, nil
}

// version is the only one of every model.
const version = "1"

// few names some of the models.
func (s *Server) few() string {
	const most = 4
	names := slices.Sorted(maps.Keys(s.queues))
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}

// find returns the queue of a model; no version means the only one.
func (s *Server) find(name, of string) (*queue, error) {
	q := s.queues[name]
	if q == nil {
		return nil, fmt.Errorf("%w: %.100q; there is %s", errNoModel, name, s.few())
	}
	if of != "" && of != version {
		return nil, fmt.Errorf("%w: %s has version %s alone, not %.100q", errNoModel, name, version, of)
	}
	return q, nil
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

// readyWith reports whether the server takes part in the service with one model.
func (s *Server) readyWith(q *queue) bool { return !s.draining.Load() && !q.isDead() }

// Drain makes the server say that it is not ready. It goes on to answer, and asks
// clients to open a new connection for their next request.
func (s *Server) Drain() {
	s.draining.Store(true)
	s.health.Shutdown()
}

// Lost returns a channel that is closed when a model has lost every device.
func (s *Server) Lost() <-chan struct{} { return s.lost }

// lose is told that a model has lost its last device.
func (s *Server) lose(model string) {
	s.health.SetServingStatus("", healthpb.HealthCheckResponse_NOT_SERVING)
	s.health.SetServingStatus(model, healthpb.HealthCheckResponse_NOT_SERVING)
	s.loseOnce.Do(func() { close(s.lost) })
}

// budget takes from what all bodies may have; free gives it back.
func (s *Server) budget(size int64) (free func(), err error) {
	if !s.bodies.TryAcquire(size) {
		return nil, fmt.Errorf("%w: it reads as many bytes as it may", ErrBusy)
	}
	return func() { s.bodies.Release(size) }, nil
}

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

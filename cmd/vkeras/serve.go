package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	"github.com/vkeras/vkeras/serve"
)

// server is a `vkeras serve` on its way.
type server struct {
	*tool
	models     servedModels
	listen     string
	grpc       string // address; empty: not
	queue      int
	delay      time.Duration
	body       string // bytes of one request's
	drainDelay time.Duration
	drainLimit time.Duration
	explore    bool
	logFormat  string
	logLevel   string
}

func (t *tool) serve() *cobra.Command {
	s := &server{tool: t, models: servedModels{tool: t}}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Answer over HTTP and gRPC: the Open Inference Protocol, version 2",
		Long: `Serve answers for models over HTTP, as KServe and Triton do: /v2/models/NAME
describes a model, /v2/models/NAME/infer computes tensors, in JSON or as binary
data, or encoded pictures as BYTES, which are decoded as classify does.
/v2/health/live and /v2/health/ready are for balancers, /metrics for Prometheus.
With --grpc it answers over gRPC too, the protocol's GRPCInferenceService and
grpc.health.v1.Health.

Requests that come together are computed together, however they came. What finds
the queue full is answered 503 with Retry-After, over gRPC RESOURCE_EXHAUSTED
with RetryInfo. SIGTERM makes the server say that it is not ready, go on for
--drain-delay, finish what was begun, and end.

It listens on this machine alone unless --listen says otherwise, and knows
neither passwords nor TLS: put a proxy before it.`,
		Example: `  vkeras serve
  vkeras serve --grpc 127.0.0.1:8081
  vkeras serve --listen :8080 --model cats=cats.keras --labels cats=names.txt --device 0 --device 1
  curl -H 'Inference-Header-Content-Length: 0' --data-binary @hand.png localhost:8080/v2/models/signs/infer`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c.Context()) },
	}
	s.models.register(c)
	c.Flags().StringVar(&s.listen, "listen", "127.0.0.1:8080", "`ADDRESS:PORT` to listen on")
	c.Flags().StringVar(&s.grpc, "grpc", "", "`ADDRESS:PORT` to answer on over gRPC, such as 127.0.0.1:8081 (default: HTTP alone)")
	c.Flags().DurationVar(&s.delay, "delay", serve.DefaultDelay, "how long a batch that is not full waits for more images")
	c.Flags().IntVar(&s.queue, "queue", 0, fmt.Sprintf("images of a model that may be in the server at once (default: %d batches)", serve.DefaultQueueBatches))
	c.Flags().StringVar(&s.body, "max-request", "64MiB", "`SIZE` of the largest request")
	c.Flags().DurationVar(&s.drainDelay, "drain-delay", 2*time.Second, "how long to go on after a signal, not ready, so that balancers see it")
	c.Flags().DurationVar(&s.drainLimit, "drain-limit", 30*time.Second, "how long to finish requests after that")
	c.Flags().BoolVar(&s.explore, "explore", false, "show the first model in a browser too, as vkeras explore does, at "+explorePath+"; the log has the address, which ends in a token")
	c.Flags().StringVar(&s.logFormat, "log", "text", "format of the log on standard error: text or json")
	c.Flags().StringVar(&s.logLevel, "log-level", "info", "what to log: debug (every request), info, warn or error")
	return c
}

func (s *server) run(ctx context.Context) (err error) {
	o, err := s.options()
	if err != nil {
		return err
	}
	web, rpc, err := s.listeners(ctx) // before the models: a port that is taken shows at once
	if err != nil {
		return err
	}
	defer web.Close()
	if rpc != nil {
		defer rpc.Close()
	}
	models, free, err := s.models.open(o.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, free()) }()
	handler, err := serve.New(o, models...)
	if err != nil {
		return err
	}
	var answers http.Handler = handler
	if s.explore {
		x, failure := exploreFirst(&s.models)
		if failure != nil {
			return fmt.Errorf("--explore: %w", failure)
		}
		defer func() { err = errors.Join(err, x.Close()) }()
		answers = besideExplore(handler, x.Handler())
		o.Log.Info("explore", "address", fmt.Sprintf("http://%s%s/?token=%s", web.Addr(), explorePath, x.Token()))
	}
	return s.answer(ctx, o.Log, handler, s.doors(o.Log, answers, handler, web, rpc))
}

// listeners opens the ports; rpc is nil where there is to be none for gRPC.
func (s *server) listeners(ctx context.Context) (web, rpc net.Listener, err error) {
	var l net.ListenConfig
	if web, err = l.Listen(ctx, "tcp", s.listen); err != nil {
		return nil, nil, fmt.Errorf("--listen %s: %w", s.listen, err)
	}
	if s.grpc == "" {
		return web, nil, nil
	}
	if rpc, err = l.Listen(ctx, "tcp", s.grpc); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("--grpc %s: %w", s.grpc, err), web.Close())
	}
	return web, rpc, nil
}

// options returns what the flags say.
func (s *server) options() (serve.Options, error) {
	o := serve.Options{Delay: s.delay, Queue: s.queue, Version: buildVersion()}
	if s.delay == 0 {
		o.Delay = -1
	}
	size, err := humanize.ParseBytes(s.body)
	if err != nil || size < 1 || size > 1<<40 {
		return o, usagef("--max-request %q: expected a size of up to 1TiB, such as 64MiB", s.body)
	}
	o.RequestBytes = int64(size)
	if s.queue < 0 || s.delay < 0 || s.drainDelay < 0 || s.drainLimit < 0 {
		return o, usagef("--queue %d, --delay %v, --drain-delay %v, --drain-limit %v: expected 0 or more", s.queue, s.delay, s.drainDelay, s.drainLimit)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.logLevel)); err != nil {
		return o, usagef("--log-level %q: expected debug, info, warn or error", s.logLevel)
	}
	if s.quiet {
		level = max(level, slog.LevelError)
	}
	how := &slog.HandlerOptions{Level: level}
	switch s.logFormat {
	case "text":
		o.Log = slog.New(slog.NewTextHandler(s.stderr, how))
	case "json":
		o.Log = slog.New(slog.NewJSONHandler(s.stderr, how))
	default:
		return o, usagef("--log %q: expected text or json", s.logFormat)
	}
	return o, nil
}

// Bounds of what a connection may take its time for, and of its headers.
const (
	headerTime  = 10 * time.Second
	idleTime    = 2 * time.Minute
	headerBytes = 64 << 10
)

// door is one of the ways that requests come in.
type door struct {
	name, address string       // for the log
	serve         func() error // until shutdown
	shutdown      func(context.Context) error
}

// doors returns those of the listeners; over HTTP, answers answers.
func (s *server) doors(log *slog.Logger, answers http.Handler, handler *serve.Server, web, rpc net.Listener) []door {
	h := &http.Server{
		Handler: answers, ReadHeaderTimeout: headerTime, ReadTimeout: serve.DefaultBodyTime, IdleTimeout: idleTime, MaxHeaderBytes: headerBytes,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	doors := []door{{
		name: "address", address: web.Addr().String(),
		serve: func() error { return h.Serve(web) },
		shutdown: func(limit context.Context) error {
			err := h.Shutdown(limit)
			if err != nil {
				err = errors.Join(err, h.Close())
			}
			return err
		},
	}}
	if rpc != nil {
		g := handler.GRPC(grpc.ConnectionTimeout(headerTime), grpc.MaxHeaderListSize(headerBytes), grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: idleTime}))
		doors = append(doors, door{name: "grpc", address: rpc.Addr().String(), serve: func() error { return g.Serve(rpc) }, shutdown: g.Shutdown})
	}
	return doors
}

// answer serves until a signal, a lost device or a failure of a listener, and
// drains.
func (s *server) answer(ctx context.Context, log *slog.Logger, handler *serve.Server, doors []door) error {
	ended := make(chan error, len(doors))
	var addresses []any
	for _, d := range doors {
		go func() { ended <- d.serve() }()
		addresses = append(addresses, d.name, d.address)
	}
	log.Info("ready", addresses...)
	var failure error
	delay := s.drainDelay
	select {
	case <-ctx.Done():
		signal.Reset(syscall.SIGINT, syscall.SIGTERM) // a second one ends the process at once
	case <-handler.Lost():
		failure, delay = serve.ErrNoProgram, 0
	case failure = <-ended:
		delay = 0
	}
	handler.Drain()
	log.Info("draining", "delay", delay.String())
	time.Sleep(delay)
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drainLimit)
	defer cancel()
	cut := make([]error, len(doors))
	var group sync.WaitGroup
	for i, d := range doors {
		group.Go(func() { cut[i] = d.shutdown(limit) })
	}
	group.Wait()
	if err := errors.Join(cut...); err != nil {
		failure = errors.Join(failure, fmt.Errorf("requests were cut off after --drain-limit: %w", err))
	}
	failure = errors.Join(failure, handler.Close())
	log.Info("ended")
	return failure
}

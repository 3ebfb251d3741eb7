package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/serve"
)

// server is a `vkeras serve` on its way.
type server struct {
	*tool
	models     servedModels
	listen     string
	queue      int
	delay      time.Duration
	body       string // bytes of one request's
	drainDelay time.Duration
	drainLimit time.Duration
	logFormat  string
	logLevel   string
}

func (t *tool) serve() *cobra.Command {
	s := &server{tool: t, models: servedModels{tool: t}}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Answer over HTTP: the Open Inference Protocol, version 2",
		Long: `Serve answers for models over HTTP, as KServe and Triton do: /v2/models/NAME
describes a model, /v2/models/NAME/infer computes tensors, in JSON or as binary
data, or encoded pictures as BYTES, which are decoded as classify does.
/v2/health/live and /v2/health/ready are for balancers, /metrics for Prometheus.

Requests that come together are computed together. What finds the queue full is
answered 503 with Retry-After. SIGTERM makes the server say that it is not
ready, go on for --drain-delay, finish what was begun, and end.

It listens on this machine alone unless --listen says otherwise, and knows
neither passwords nor TLS: put a proxy before it.`,
		Example: `  vkeras serve
  vkeras serve --listen :8080 --model cats=cats.keras --labels cats=names.txt --device 0 --device 1
  curl -H 'Inference-Header-Content-Length: 0' --data-binary @hand.png localhost:8080/v2/models/signs/infer`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c.Context()) },
	}
	s.models.register(c)
	c.Flags().StringVar(&s.listen, "listen", "127.0.0.1:8080", "`ADDRESS:PORT` to listen on")
	c.Flags().DurationVar(&s.delay, "delay", serve.DefaultDelay, "how long a batch that is not full waits for more images")
	c.Flags().IntVar(&s.queue, "queue", 0, fmt.Sprintf("images of a model that may be in the server at once (default: %d batches)", serve.DefaultQueueBatches))
	c.Flags().StringVar(&s.body, "max-request", "64MiB", "`SIZE` of the largest request")
	c.Flags().DurationVar(&s.drainDelay, "drain-delay", 2*time.Second, "how long to go on after a signal, not ready, so that balancers see it")
	c.Flags().DurationVar(&s.drainLimit, "drain-limit", 30*time.Second, "how long to finish requests after that")
	c.Flags().StringVar(&s.logFormat, "log", "text", "format of the log on standard error: text or json")
	c.Flags().StringVar(&s.logLevel, "log-level", "info", "what to log: debug (every request), info, warn or error")
	return c
}

func (s *server) run(ctx context.Context) (err error) {
	o, err := s.options()
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.listen) // before the models: a port that is taken shows at once
	if err != nil {
		return fmt.Errorf("--listen %s: %w", s.listen, err)
	}
	defer listener.Close()
	models, free, err := s.models.open(o.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, free()) }()
	handler, err := serve.New(o, models...)
	if err != nil {
		return err
	}
	return s.answer(ctx, o.Log, listener, handler)
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

// Bounds of what a connection may take its time for.
const (
	headerTime = 10 * time.Second
	bodyTime   = 2 * time.Minute
	idleTime   = 2 * time.Minute
)

// answer serves until a signal, a lost device or a failure of the listener, and
// drains.
func (s *server) answer(ctx context.Context, log *slog.Logger, l net.Listener, handler *serve.Server) error {
	web := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, IdleTimeout: idleTime, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(l) }()
	log.Info("ready", "address", l.Addr().String())
	var failure error
	delay := s.drainDelay
	select {
	case <-ctx.Done():
		signal.Reset(syscall.SIGINT, syscall.SIGTERM) // a second one ends the process at once
	case <-handler.Lost():
		failure, delay = serve.ErrNoProgram, 0
	case failure = <-ended:
		return errors.Join(failure, handler.Close())
	}
	handler.Drain()
	log.Info("draining", "delay", delay.String())
	time.Sleep(delay)
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drainLimit)
	defer cancel()
	if err := web.Shutdown(limit); err != nil {
		failure = errors.Join(failure, fmt.Errorf("requests were cut off after --drain-limit: %w", err), web.Close())
	}
	failure = errors.Join(failure, handler.Close())
	log.Info("ended")
	return failure
}

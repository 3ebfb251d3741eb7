package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/spf13/cobra"
)

// startTime is for the server to be ready.
const startTime = 30 * time.Second

// maxMessageBytes bounds a result, which of a shard has many lines; NATS advises
// against more.
const maxMessageBytes = 8 << 20

// host is a `vkeras queue` on its way.
type host struct {
	*tool
	store  string
	listen string
	config string
	sync   bool
}

func (t *tool) host() *cobra.Command {
	h := &host{tool: t}
	c := &cobra.Command{
		Use:   "queue",
		Short: "Host the queue that vkeras submit, work and collect use",
		Long: `Queue is a NATS server with JetStream in one program. Jobs are kept in --store and
outlive it. It listens on this machine alone unless --listen says otherwise, and then
knows neither passwords nor TLS.

A NATS server that you have does as well. --config takes a file of the NATS server's
own, with clusters, accounts and TLS, instead of the other flags.`,
		Example: `  vkeras queue --store /var/lib/vkeras-queue
  vkeras queue --config a.conf`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := untilSignal(c.Context())
			defer stop()
			return h.run(ctx)
		},
	}
	f := c.Flags()
	f.StringVar(&h.store, "store", "", "`FOLDER` for the jobs")
	f.StringVar(&h.listen, "listen", "127.0.0.1:4222", "`ADDRESS:PORT` to listen on")
	f.BoolVar(&h.sync, "sync", false, "have the disk confirm each write, so that jobs outlive a loss of power too")
	f.StringVar(&h.config, "config", "", "`FILE` of the NATS server")
	for _, own := range []string{"store", "listen", "sync"} {
		c.MarkFlagsMutuallyExclusive("config", own)
	}
	c.MarkFlagsOneRequired("config", "store")
	return c
}

func (h *host) run(ctx context.Context) error {
	o, err := h.options()
	if err != nil {
		return err
	}
	if h.store != "" {
		lock, err := lockFile(filepath.Join(h.store, "vkeras-queue.lock")) // two servers would ruin it
		if err != nil {
			return fmt.Errorf("--store %s: another server uses it: %w", h.store, err)
		}
		defer lock.Close()
	}
	s, err := server.NewServer(o)
	if err != nil {
		return err
	}
	fatal := make(chan error, 1)
	if h.config == "" {
		s.SetLogger(serverLog{h.log(), fatal}, false, false)
	} else {
		s.ConfigureLogger() // as its file says
	}
	go s.Start()
	defer func() {
		s.Shutdown()
		s.WaitForShutdown()
	}()
	if err := h.awaitReady(ctx, s, fatal); err != nil || ctx.Err() != nil {
		return err
	}
	h.say("ready: %s", s.ClientURL())
	ended := make(chan struct{})
	go func() { s.WaitForShutdown(); close(ended) }()
	select {
	case <-ctx.Done():
		return nil
	case err := <-fatal:
		return err
	case <-ended:
		return errors.New("the server has ended")
	}
}

// awaitReady waits until the server answers.
func (h *host) awaitReady(ctx context.Context, s *server.Server, fatal <-chan error) error {
	for begun := time.Now(); !s.ReadyForConnections(100 * time.Millisecond); {
		select {
		case err := <-fatal:
			return err
		case <-ctx.Done():
			return nil
		default:
		}
		if time.Since(begun) > startTime {
			return fmt.Errorf("the server is not ready after %v", startTime)
		}
	}
	if !s.JetStreamEnabled() {
		return errors.New("JetStream is not enabled: the file of --config needs jetstream { store_dir: ... }")
	}
	return nil
}

// serverLog passes on what a server has to complain of.
type serverLog struct {
	log   *slog.Logger
	fatal chan<- error
}

func (l serverLog) Noticef(string, ...any)         {}
func (l serverLog) Debugf(string, ...any)          {}
func (l serverLog) Tracef(string, ...any)          {}
func (l serverLog) Warnf(format string, v ...any)  { l.log.Warn(fmt.Sprintf(format, v...)) }
func (l serverLog) Errorf(format string, v ...any) { l.log.Error(fmt.Sprintf(format, v...)) }
func (l serverLog) Fatalf(format string, v ...any) {
	select {
	case l.fatal <- fmt.Errorf(format, v...):
	default: // the first says it
	}
}

// options returns what the flags say.
func (h *host) options() (*server.Options, error) {
	if h.config != "" {
		o, err := server.ProcessConfigFile(h.config)
		if err != nil {
			return nil, fmt.Errorf("--config: %w", err)
		}
		o.NoSigs = true
		return o, nil
	}
	address, text, err := net.SplitHostPort(h.listen)
	port, wrong := strconv.ParseUint(text, 10, 16)
	if err != nil || wrong != nil || port == 0 {
		return nil, usagef("--listen %q: expected ADDRESS:PORT", h.listen)
	}
	l, err := net.Listen("tcp", h.listen) // the server would only log that it is taken
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", h.listen, err)
	}
	l.Close()
	if err := os.MkdirAll(h.store, 0o755); err != nil {
		return nil, fmt.Errorf("--store: %w", err)
	}
	return &server.Options{
		Host: address, Port: int(port), ServerName: "vkeras", JetStream: true, StoreDir: h.store, SyncAlways: h.sync,
		MaxPayload: maxMessageBytes, NoSigs: true,
	}, nil
}

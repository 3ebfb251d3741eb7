package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/spf13/cobra"
)

// startTime is for the server to be ready.
const startTime = 30 * time.Second

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
	s, err := server.NewServer(o)
	if err != nil {
		return err
	}
	s.ConfigureLogger()
	go s.Start()
	defer func() {
		s.Shutdown()
		s.WaitForShutdown()
	}()
	if !s.ReadyForConnections(startTime) {
		return fmt.Errorf("the server is not ready after %v", startTime)
	}
	if !s.JetStreamEnabled() {
		return fmt.Errorf("JetStream is not enabled: its configuration needs jetstream { store_dir: ... }")
	}
	h.say("ready: %s", s.ClientURL())
	ended := make(chan struct{})
	go func() { s.WaitForShutdown(); close(ended) }()
	select {
	case <-ctx.Done():
		return nil
	case <-ended:
		return fmt.Errorf("the server has ended")
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
		NoSigs: true, NoLog: true,
	}, nil
}

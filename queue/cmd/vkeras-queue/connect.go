package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/queue"
)

// connectTime is for the first connection; one that is lost later is awaited for ever.
const connectTime = 3 * time.Second

// broker is where the jobs are, and which of them is meant.
type broker struct {
	urls, creds, ca string
	job             string
}

func (b *broker) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVarP(&b.job, "job", "j", "default", "`NAME` of the job: letters, digits, - and _")
	f.StringVar(&b.urls, "nats", environment("NATS_URL", nats.DefaultURL), "`URL` of the NATS server, or several with commas (NATS_URL)")
	f.Lookup("nats").DefValue = redacted(b.urls) // shown by --help
	f.StringVar(&b.creds, "creds", os.Getenv("NATS_CREDS"), "`FILE` with the credentials of a NATS user (NATS_CREDS)")
	f.StringVar(&b.ca, "tlsca", os.Getenv("NATS_CA"), "`FILE` with the certificates to trust in TLS (NATS_CA)")
}

func environment(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// connect returns the queue and what ends the connection.
func (b *broker) connect(log *slog.Logger) (*queue.Queue, func(), error) {
	o := []nats.Option{
		nats.Name("vkeras"), nats.Timeout(connectTime), nats.MaxReconnects(-1), nats.ReconnectWait(500 * time.Millisecond),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("the connection is lost; connecting again", "err", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("connected again") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Error("NATS", "err", err) }),
	}
	if b.creds != "" {
		o = append(o, nats.UserCredentials(b.creds))
	}
	if b.ca != "" {
		o = append(o, nats.RootCAs(b.ca))
	}
	nc, err := nats.Connect(b.urls, o...)
	if err != nil {
		return nil, nil, fmt.Errorf("no NATS server at %s: %w (vkeras queue starts one on this machine)", redacted(b.urls), err)
	}
	q, err := queue.New(nc)
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	return q, nc.Close, nil
}

// redacted returns URLs without passwords.
func redacted(urls string) string {
	var list []string
	for _, text := range strings.Split(urls, ",") {
		text = strings.TrimSpace(text)
		if u, err := url.Parse(text); err == nil {
			text = u.Redacted()
		} else {
			text = "(not a URL)"
		}
		list = append(list, text)
	}
	return strings.Join(list, ",")
}

// open returns the job; one that is not there is awaited, if wait says so.
func (b *broker) open(ctx context.Context, t *tool, q *queue.Queue, wait bool) (*queue.Job, error) {
	said := false
	for {
		job, err := q.Open(ctx, b.job)
		if !errors.Is(err, queue.ErrNoJob) {
			return job, err
		}
		if !wait {
			return nil, withJobs(ctx, q, err)
		}
		if !said {
			t.say("%v: waiting for vkeras submit", withJobs(ctx, q, err))
			said = true
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// withJobs adds the jobs that there are.
func withJobs(ctx context.Context, q *queue.Queue, err error) error {
	names, failed := q.Jobs(ctx)
	switch {
	case failed != nil:
		return err
	case len(names) == 0:
		return fmt.Errorf("%w, nor any other", err)
	}
	return fmt.Errorf("%w, which has: %s", err, strings.Join(names, ", "))
}

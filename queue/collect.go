package queue

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// CollectOptions say what to do with results.
type CollectOptions struct {
	Result   func(line []byte) error // called for each answer, in the order of storing
	Written  func() error            // called when no other waits; may be nil
	Follow   bool                    // wait until the job is complete
	Progress func(Progress)          // called now and then; may be nil
	Every    time.Duration           // between two calls (default 5 s)
}

// Progress is how far a job is.
type Progress struct {
	State
	Rate float64 // results a second, stored since the last call; 0 at first
}

// Summary is what a job has come to.
type Summary struct {
	Results uint64
	Errors  uint64 // answers in them that are errors: pictures that could not be read
	Dead    []Dead
	Waiting uint64 // neither done nor dead
}

// Collect passes on all results, each item's once. It changes nothing but the list of
// the dead, and may be done at any time, and again.
func (j *Job) Collect(ctx context.Context, o CollectOptions) (Summary, error) {
	c := &collection{Job: j, o: o, next: 1}
	if o.Every == 0 {
		c.o.Every = 5 * time.Second
	}
	defer c.stop()
	var failing time.Time
	for {
		s, err := c.round(ctx)
		switch {
		case c.failed != nil:
			return c.sum, c.failed
		case ctx.Err() != nil:
			return c.sum, ctx.Err()
		case err != nil && (!transient(err) || errors.Is(err, ErrNoJob)):
			return c.sum, j.explain(err)
		case err != nil:
			if failing.IsZero() {
				failing = time.Now()
			}
			if time.Since(failing) > patience {
				return c.sum, j.explain(err)
			}
		case !o.Follow || s.Complete():
			c.sum.Dead, err = j.Dead(ctx)
			c.sum.Waiting = s.Waiting
			return c.sum, err
		default:
			failing = time.Time{}
		}
		if !pause(ctx, 500*time.Millisecond) {
			return c.sum, ctx.Err()
		}
	}
}

// collection is a Collect on its way.
type collection struct {
	*Job
	o      CollectOptions
	next   uint64 // sequence of the next result
	sum    Summary
	failed error // of o.Result or o.Written

	messages jetstream.MessagesContext // nil until there is a result

	told     time.Time
	toldLast uint64
}

// round passes on the results that are there.
func (c *collection) round(ctx context.Context) (State, error) {
	if err := c.buryLost(ctx); err != nil {
		return State{}, err
	}
	s, err := c.State(ctx)
	if err != nil {
		return s, err
	}
	c.progress(s)
	for c.next <= s.last {
		if err := c.one(ctx); err != nil {
			c.stop()
			return s, err
		}
	}
	if c.o.Written != nil {
		c.failed = c.o.Written()
	}
	return s, c.failed
}

// one passes on the next result, for which the server has it.
func (c *collection) one(ctx context.Context) error {
	if c.messages == nil {
		consumer, err := c.js.OrderedConsumer(ctx, c.results(), jetstream.OrderedConsumerConfig{
			DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: c.next,
		})
		if err != nil {
			return err
		}
		if c.messages, err = consumer.Messages(); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*requestTime)
	defer cancel()
	m, err := c.messages.Next(jetstream.NextContext(ctx))
	if err != nil {
		return err
	}
	return c.pass(m)
}

// stop ends the reading; another one may begin.
func (c *collection) stop() {
	if c.messages != nil {
		c.messages.Stop()
		c.messages = nil
	}
}

// pass passes on a result, unless it was.
func (c *collection) pass(m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return err
	}
	if meta.Sequence.Stream < c.next {
		return nil
	}
	for line := range bytes.Lines(m.Data()) { // a shard has a line for each picture
		if err := c.passLine(bytes.TrimSuffix(line, []byte{'\n'})); err != nil {
			c.failed = fmt.Errorf("result %d: %w", meta.Sequence.Stream, err)
			return c.failed
		}
	}
	c.next = meta.Sequence.Stream + 1
	c.sum.Results++
	return nil
}

func (c *collection) passLine(line []byte) error {
	var r struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return err
	}
	if r.Error != "" {
		c.sum.Errors++
	}
	return c.o.Result(line)
}

// progress tells how far the job is, when it is time.
func (c *collection) progress(s State) {
	since := time.Since(c.told)
	if c.o.Progress == nil || since < c.o.Every {
		return
	}
	p := Progress{State: s}
	if !c.told.IsZero() {
		p.Rate = float64(s.Results-min(s.Results, c.toldLast)) / since.Seconds()
	}
	c.told, c.toldLast = time.Now(), s.Results
	c.o.Progress(p)
}

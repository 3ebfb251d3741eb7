package queue

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// submitBatch is how many items are on their way to the server at once.
const submitBatch = 256

// Submitted counts items.
type Submitted struct {
	New        int // that the job has taken
	Duplicates int // that it had: waiting, done, or dead
}

// Submit adds items to the job. It may be done again with the same items, and with
// more: those that the job has are refused. On an error what was counted is in the job.
func (j *Job) Submit(ctx context.Context, items iter.Seq2[Item, error]) (Submitted, error) {
	var count Submitted
	stop, err := j.announce(ctx)
	if err != nil {
		return count, j.explain(err)
	}
	defer stop()
	done, err := j.settled(ctx)
	if err != nil {
		return count, j.explain(err)
	}
	batch := make([]Item, 0, submitBatch)
	for item, err := range items {
		if err != nil {
			return count, err
		}
		if done[item.Key()] {
			count.Duplicates++
			continue
		}
		if batch = append(batch, item); len(batch) == submitBatch {
			if err := j.send(ctx, batch, &count); err != nil {
				return count, j.explain(err)
			}
			batch = batch[:0]
		}
	}
	return count, j.explain(j.send(ctx, batch, &count))
}

// settled returns the keys of items that have results or are dead: their tasks are
// gone, and the server would take them again.
func (j *Job) settled(ctx context.Context) (map[string]bool, error) {
	keys := map[string]bool{}
	for stream, subject := range map[string]string{j.results(): j.subject("result", ""), j.ledger(): j.subject("dead", "")} {
		s, err := j.js.Stream(ctx, stream)
		if err != nil {
			return nil, err
		}
		if s.CachedInfo().State.Msgs == 0 {
			continue
		}
		info, err := s.Info(ctx, jetstream.WithSubjectFilter(subject+"*"))
		if err != nil {
			return nil, err
		}
		for name := range info.State.Subjects {
			keys[name[len(subject):]] = true
		}
	}
	return keys, nil
}

// send publishes items, and those again that the server could not take.
func (j *Job) send(ctx context.Context, items []Item, count *Submitted) error {
	deadline := time.Now().Add(patience)
	again := false
	for wait := 1; len(items) > 0; wait++ {
		left, err := j.sendOnce(ctx, items, again, count)
		switch {
		case err != nil && (ctx.Err() != nil || !transient(err) || full(err) || time.Now().After(deadline)):
			return fmt.Errorf("%s: %w", left[0], err)
		case err == nil:
			return nil
		}
		if !pause(ctx, backoff(wait, 100*time.Millisecond, 2*time.Second)) {
			return ctx.Err()
		}
		items, again = left, true
	}
	return nil
}

// sendOnce publishes items, and returns those that failed with the last error.
func (j *Job) sendOnce(ctx context.Context, items []Item, again bool, count *Submitted) (left []Item, failure error) {
	ctx, cancel := context.WithTimeout(ctx, 2*requestTime)
	defer cancel()
	sent := make([]jetstream.PubAckFuture, len(items))
	for i, item := range items {
		key := item.Key()
		m := &nats.Msg{Subject: j.subject("task", key), Data: item.Line}
		var err error
		if sent[i], err = j.js.PublishMsgAsync(m, once(key)...); err != nil {
			failure = err
		}
	}
	for i, future := range sent {
		if future == nil {
			left = append(left, items[i])
			continue
		}
		duplicate, err := arrival(ctx, future)
		switch {
		case err != nil:
			left, failure = append(left, items[i]), err
		case duplicate && !again: // of one that was sent before, it may be ours
			count.Duplicates++
		default:
			count.New++
		}
	}
	return left, failure
}

// arrival waits until a message is stored, or refused as a duplicate.
func arrival(ctx context.Context, future jetstream.PubAckFuture) (duplicate bool, err error) {
	select {
	case ack := <-future.Ok():
		return ack.Duplicate, nil
	case err := <-future.Err():
		if code(err) == wrongLastSequence {
			return true, nil
		}
		return false, err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// A submission that goes on leaves a mark, so that a job which has nothing left to
// do for the moment does not look complete. The mark of one that was killed fades.
const (
	markTime  = 30 * time.Second
	markAgain = 10 * time.Second
)

// announce leaves the mark, until stop.
func (j *Job) announce(ctx context.Context) (stop func(), err error) {
	subject := j.subject("submitting", nuid.Next())
	if err := j.mark(ctx, subject); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for pause(ctx, markAgain) {
			_ = j.mark(ctx, subject) // what it sends fails too, and says so
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if s, err := j.js.Stream(ctx, j.ledger()); err == nil {
			_ = s.Purge(ctx, jetstream.WithPurgeSubject(subject)) // or it fades
		}
	}()
	return func() { cancel(); <-ended }, nil
}

func (j *Job) mark(ctx context.Context, subject string) error {
	_, err := j.js.PublishMsg(ctx, &nats.Msg{Subject: subject}, jetstream.WithMsgTTL(markTime))
	return err
}

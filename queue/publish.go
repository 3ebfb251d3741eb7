package queue

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// patience is for how long a server that does not answer, or is choosing a leader,
// is asked again by what a person waits for.
const (
	patience      = 30 * time.Second
	shortPatience = 5 * time.Second // when it says that it has no JetStream: a cluster that starts says so too
)

// Errors of a server by their numbers:
// https://github.com/nats-io/nats-server/blob/main/server/errors.json.
const (
	notLeader               = 10009
	wrongLastSequence       = 10071
	wrongLastSequenceInRaft = 10164 // another message to the subject is on its way
	noResources             = 10023
	noStorage               = 10047
	storeFailed             = 10077 // the disk, or a limit of the stream
)

// code returns the number of a server's error, or 0.
func code(err error) int {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return int(api.ErrorCode)
	}
	return 0
}

// full tells whether a server has no room for a message.
func full(err error) bool {
	switch code(err) {
	case noResources, noStorage, storeFailed:
		return true
	}
	return false
}

// transient tells whether the same request may succeed later.
func transient(err error) bool {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return api.Code == 503 || api.ErrorCode == notLeader || api.ErrorCode == wrongLastSequenceInRaft
	}
	return !errors.Is(err, nats.ErrMaxPayload) && !errors.Is(err, nats.ErrConnectionClosed)
}

// once are the options of a message that its subject takes once: for ever by the
// sequence, and at no cost while the server remembers its id.
func once(id string) []jetstream.PublishOpt {
	return []jetstream.PublishOpt{jetstream.WithMsgID(id), jetstream.WithExpectLastSequencePerSubject(0)}
}

// pause waits, and returns false when the context ends.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// backoff returns the n-th wait, from 1: twice the one before, up to a most.
func backoff(n int, first, most time.Duration) time.Duration {
	for ; n > 1 && first < most; n-- {
		first *= 2
	}
	return min(first, most)
}

// patiently does what may be done again until the server can.
func patiently(ctx context.Context, f func() error) error {
	begun := time.Now()
	for n := 1; ; n++ {
		err := f()
		most := patience
		if errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, nats.ErrNoResponders) {
			most = shortPatience
		}
		if err == nil || !transient(err) || full(err) || time.Since(begun) > most || !pause(ctx, backoff(n, 100*time.Millisecond, 2*time.Second)) {
			return err
		}
	}
}

// tooLarge tells whether a message is over a limit of the server's.
func tooLarge(err error) bool {
	return errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, jetstream.ErrStreamMessageExceedsMaximum)
}

// putResult stores a result, unless the item has one.
func (j *Job) putResult(ctx context.Context, key string, answer []byte) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	_, err := j.js.PublishMsg(ctx, &nats.Msg{Subject: j.subject("result", key), Data: answer}, once(key)...)
	if code(err) == wrongLastSequence {
		return nil
	}
	return err
}

package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Dead is an item that was given up: each worker that it was delivered to ended
// without an answer.
type Dead struct {
	ID         json.RawMessage `json:"id,omitempty"`
	Path       string          `json:"path"`
	Deliveries int             `json:"deliveries"`
	Reason     string          `json:"reason"`
	Time       time.Time       `json:"time"`
	Line       []byte          `json:"line"` // of the item, base64 in JSON
}

// lostReason is of an item whose last worker could not say why it ended.
const lostReason = "no answer, and no word from the worker: killed, out of memory, or cut off"

// bury puts an item on the list of the dead and takes it off the tasks. It may be
// done again, by several at once.
func (j *Job) bury(ctx context.Context, seq uint64, key string, d Dead) error {
	if done, err := j.hasResult(ctx, key); err != nil {
		return err
	} else if !done {
		data, err := json.Marshal(d)
		if err != nil {
			return err
		}
		_, err = j.js.PublishMsg(ctx, &nats.Msg{Subject: j.subject("dead", key), Data: data}, jetstream.WithExpectLastSequencePerSubject(0))
		if err != nil && code(err) != wrongLastSequence {
			return err
		}
	}
	tasks, err := j.js.Stream(ctx, j.tasks())
	if err != nil {
		return err
	}
	return remove(ctx, tasks, seq)
}

// remove deletes a message that may be gone.
func remove(ctx context.Context, s jetstream.Stream, seq uint64) error {
	err := s.DeleteMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		if _, missing := s.GetMsg(ctx, seq); errors.Is(missing, jetstream.ErrMsgNotFound) {
			return nil
		}
	}
	return err
}

// buryLost buries the items that were delivered for the last time to workers that
// did not live to say so. The server's advisories name them while the job goes on;
// an advisory may be lost with a server, so at the end what remains counts.
func (j *Job) buryLost(ctx context.Context) error {
	ledger, err := j.js.Stream(ctx, j.ledger())
	if err != nil {
		return err
	}
	for {
		m, err := ledger.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(j.advisories()))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return j.buryRest(ctx)
		} else if err != nil {
			return err
		}
		var a struct {
			Seq        uint64 `json:"stream_seq"`
			Deliveries int    `json:"deliveries"`
		}
		if err := json.Unmarshal(m.Data, &a); err != nil {
			return fmt.Errorf("an advisory: %w", err)
		}
		if err := j.buryTask(ctx, a.Seq, a.Deliveries); err != nil {
			return err
		}
		if err := remove(ctx, ledger, m.Sequence); err != nil {
			return err
		}
	}
}

// buryTask buries the task at a sequence, if it is still there.
func (j *Job) buryTask(ctx context.Context, seq uint64, deliveries int) error {
	tasks, err := j.js.Stream(ctx, j.tasks())
	if err != nil {
		return err
	}
	m, err := tasks.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	item, err := ParseItem(m.Data)
	reason := lostReason
	if err != nil {
		reason = err.Error()
	}
	return j.bury(ctx, seq, keyOf(m.Subject), Dead{ID: item.ID, Path: item.Path, Deliveries: deliveries, Reason: reason, Time: time.Now().UTC(), Line: m.Data})
}

// buryRest buries what was delivered, is with no worker, and is still there.
func (j *Job) buryRest(ctx context.Context) error {
	c, err := j.js.Consumer(ctx, j.tasks(), workers)
	if err != nil {
		return err
	}
	info := c.CachedInfo()
	if info.NumAckPending > 0 || info.NumPending > 0 {
		return nil
	}
	tasks, err := j.js.Stream(ctx, j.tasks())
	if err != nil {
		return err
	}
	for seq := tasks.CachedInfo().State.FirstSeq; tasks.CachedInfo().State.Msgs > 0 && seq <= info.Delivered.Stream; seq++ {
		m, err := tasks.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(j.subject("task", "*"))) // this one or the next
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		if seq = m.Sequence; seq > info.Delivered.Stream {
			return nil
		}
		if err := j.buryTask(ctx, seq, info.Config.MaxDeliver); err != nil {
			return err
		}
	}
	return nil
}

// hasResult tells whether an item's result is stored.
func (j *Job) hasResult(ctx context.Context, key string) (bool, error) {
	results, err := j.js.Stream(ctx, j.results())
	if err != nil {
		return false, err
	}
	_, err = results.GetLastMsgForSubject(ctx, j.subject("result", key))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	return err == nil, err
}

// keyOf returns the key at the end of a subject.
func keyOf(subject string) string {
	for i := len(subject) - 1; i >= 0; i-- {
		if subject[i] == '.' {
			return subject[i+1:]
		}
	}
	return subject
}

// Dead returns the items that were given up and have no result, in the order of
// their ends.
func (j *Job) Dead(ctx context.Context) ([]Dead, error) {
	var list []Dead
	err := j.eachDead(ctx, func(key string, _ uint64, d Dead) error {
		done, err := j.hasResult(ctx, key)
		if err == nil && !done {
			list = append(list, d)
		}
		return err
	})
	return list, j.explain(err)
}

// Retry makes tasks of the dead again, and returns how many they were.
func (j *Job) Retry(ctx context.Context) (int, error) {
	ledger, err := j.js.Stream(ctx, j.ledger())
	if err != nil {
		return 0, j.explain(err)
	}
	n := 0
	err = j.eachDead(ctx, func(key string, seq uint64, d Dead) error {
		m := &nats.Msg{Subject: j.subject("task", key), Data: d.Line}
		_, err := j.js.PublishMsg(ctx, m, once(key+".again."+strconv.FormatUint(seq, 10))...)
		if err != nil && code(err) != wrongLastSequence {
			return err
		}
		n++
		return remove(ctx, ledger, seq) // after the task is stored: a crash between leaves both
	})
	return n, j.explain(err)
}

// eachDead calls f for each entry of the list of the dead.
func (j *Job) eachDead(ctx context.Context, f func(key string, seq uint64, d Dead) error) error {
	ledger, err := j.js.Stream(ctx, j.ledger())
	if err != nil {
		return err
	}
	for seq := uint64(1); ; seq++ {
		m, err := ledger.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(j.subject("dead", "*")))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		var d Dead
		if err := json.Unmarshal(m.Data, &d); err != nil {
			return fmt.Errorf("%s: %w", m.Subject, err)
		}
		seq = m.Sequence
		if err := f(keyOf(m.Subject), seq, d); err != nil {
			return err
		}
	}
}

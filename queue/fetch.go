package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// pollTime is for how long a request for items waits at the server.
const pollTime = time.Second

// fetchEnd is what a request for items ended with.
type fetchEnd struct {
	done bool // the job is complete
	err  error
}

// fetch asks for items when there is room for a batch of them; for one, while the
// next may be a suspect, and for few of those that are many pictures.
func (w *work) fetch(ctx context.Context) {
	room := 2*w.o.Batch - len(w.held)
	if w.careful {
		room = min(room, 1-len(w.held))
	} else if w.shards {
		room = min(room, 2-len(w.held)) // the next waits while one is computed
	} else if room < w.o.Batch {
		return
	}
	if room < 1 || !w.ready || w.fetching || w.draining {
		return
	}
	w.fetching = true
	w.group.Go(func() {
		end := w.fetchSome(ctx, room)
		select {
		case w.ended <- end:
		case <-ctx.Done():
		}
	})
}

func (w *work) fetchSome(ctx context.Context, n int) fetchEnd {
	got := 0
	batch, err := w.consumer.Fetch(n, jetstream.FetchMaxWait(pollTime))
	if err == nil {
		for m := range batch.Messages() {
			got++
			w.deliver(ctx, m)
		}
		err = batch.Error()
	}
	if err == nil && got == 0 {
		return w.idle(ctx)
	}
	if err != nil {
		if _, gone := w.js.Consumer(ctx, w.tasks(), workers); missing(gone) {
			return fetchEnd{err: w.explain(gone)}
		}
		w.o.Log.Warn("no items from the server; asking again", "err", err)
		pause(ctx, pollTime)
	}
	return fetchEnd{}
}

// deliver passes on an item that has no result.
func (w *work) deliver(ctx context.Context, m jetstream.Msg) {
	t, err := newTask(m)
	if err != nil {
		w.o.Log.Error("not a task", "subject", m.Subject(), "err", err)
		if t != nil {
			w.giveUp(ctx, t, err.Error())
		}
		return
	}
	if t.suspect() {
		if done, err := w.hasResult(ctx, t.key); err == nil && done {
			w.acknowledge(ctx, t) // its worker was lost between the two
			return
		}
	}
	select {
	case w.fetched <- t:
	case <-ctx.Done():
		_ = m.Nak() // or AckWait ends
	}
}

// newTask reads a message; an error comes with the task if it can be buried.
func newTask(m jetstream.Msg) (*task, error) {
	meta, err := m.Metadata()
	if err != nil {
		return nil, err
	}
	t := &task{msg: m, key: keyOf(m.Subject()), seq: meta.Sequence.Stream, delivered: int(meta.NumDelivered)}
	t.item, err = ParseItem(m.Data())
	return t, err
}

// idle uses the time when there is nothing to do: it buries the dead, and looks
// whether the job is complete.
func (w *work) idle(ctx context.Context) fetchEnd {
	err := w.buryLost(ctx)
	if err == nil && w.o.UntilDone {
		var s State
		s, err = w.State(ctx)
		return fetchEnd{done: err == nil && s.Complete()}
	}
	if missing(err) {
		return fetchEnd{err: w.explain(err)}
	}
	return fetchEnd{}
}

// ackTime is for one acknowledgement: a server that was restarted may never confirm
// one, and delivers the item again.
const ackTime = 2 * time.Second

// acknowledge takes an item off the tasks.
func (w *work) acknowledge(ctx context.Context, t *task) {
	var err error
	for range 2 {
		once, cancel := context.WithTimeout(ctx, ackTime)
		err = t.msg.DoubleAck(once)
		cancel()
		if err == nil || errors.Is(err, jetstream.ErrMsgAlreadyAckd) || ctx.Err() != nil {
			return
		}
	}
	w.o.Log.Warn("not acknowledged; it will come again", "item", t.item.String(), "err", err)
}

// store stores a result, however long the server takes, and then acknowledges the item.
func (w *work) store(ctx context.Context, t *task, answer []byte) {
	for n := 1; ; n++ {
		err := w.putResult(ctx, t.key, answer)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return
		}
		if tooLarge(err) {
			answer = t.item.failure(fmt.Sprintf("the answer, of %d bytes, is larger than the server takes", len(answer)))
			continue
		}
		w.o.Log.Warn("a result is not stored; trying again", "item", t.item.String(), "err", err)
		if !pause(ctx, backoff(n, 200*time.Millisecond, 5*time.Second)) {
			return
		}
	}
	w.acknowledge(ctx, t)
}

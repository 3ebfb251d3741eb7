package queue

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

func TestEachItemHasItsResultOnce(t *testing.T) {
	job := newJob(t, JobOptions{})
	require.Equal(t, Submitted{New: 300}, submit(t, job, paths(300)))
	require.NoError(t, finish(t, job, program(t, "good")))
	all, sum := collect(t, job)
	require.Len(t, all, 300)
	require.Equal(t, Summary{Results: 300}, sum)
	again, _ := collect(t, job)
	require.Equal(t, all, again, "collecting takes nothing away")
}

func TestWhatAJobHasIsRefused(t *testing.T) {
	job := newJob(t, JobOptions{MaxDeliver: 2})
	require.Equal(t, Submitted{New: 10, Duplicates: 3}, submit(t, job, paths(10)+paths(3)))
	require.Equal(t, Submitted{Duplicates: 10}, submit(t, job, paths(10)), "while it waits")
	require.NoError(t, finish(t, job, program(t, "dies", "0004")))
	require.Equal(t, Submitted{New: 2, Duplicates: 10}, submit(t, job, paths(12)), "when it is done, or dead")
	require.NoError(t, finish(t, job, program(t, "good")))
	all, sum := collect(t, job)
	require.Len(t, all, 11)
	require.Len(t, sum.Dead, 1)
}

// TestWhatAJobHasIsRefusedForEver looks behind the window in which the server knows ids.
func TestWhatAJobHasIsRefusedForEver(t *testing.T) {
	job := newJob(t, JobOptions{})
	submit(t, job, paths(3))
	for n, key := range []string{Item{Path: "0001.png"}.Key(), Item{Path: "new"}.Key()} {
		m := &nats.Msg{Subject: job.subject("task", key), Data: []byte("0001.png")}
		_, err := job.js.PublishMsg(t.Context(), m, once("another id")[1])
		require.Equal(t, n == 0, code(err) == wrongLastSequence, "%v", err)
	}
	require.NoError(t, job.putResult(t.Context(), "key", []byte(`{"path":"first"}`)))
	m := &nats.Msg{Subject: job.subject("result", "key"), Data: []byte(`{"path":"second"}`)}
	_, err := job.js.PublishMsg(t.Context(), m, once("another id")[1])
	require.Equal(t, wrongLastSequence, code(err))
	require.NoError(t, job.putResult(t.Context(), "key", []byte(`{"path":"second"}`)), "it has its result")
	all, _ := collect(t, job)
	require.Contains(t, all, "first")
	require.Len(t, all, 1)
}

func TestAFaultInTheListLeavesWhatWasBefore(t *testing.T) {
	job := newJob(t, JobOptions{})
	count, err := job.Submit(t.Context(), Lines(strings.NewReader(paths(300)+"{\n")))
	require.ErrorContains(t, err, "line 301")
	require.Equal(t, Submitted{New: 256}, count, "whole batches")
	s, err := job.State(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(256), s.Waiting)
	require.False(t, s.Submitting, "the mark is gone")
}

func TestABadPictureIsAResult(t *testing.T) {
	job := newJob(t, JobOptions{})
	submit(t, job, paths(2))
	require.NoError(t, job.putResult(t.Context(), Item{Path: "0000.png"}.Key(), Item{Path: "0000.png"}.failure("no such file")))
	require.NoError(t, finish(t, job, program(t, "good")))
	all, sum := collect(t, job)
	require.Equal(t, "no such file", all["0000.png"].Error, "the first result stays")
	require.Equal(t, Summary{Results: 2, Errors: 1}, sum)
}

func TestAResultThatWasNotAcknowledgedIsNotComputedAgain(t *testing.T) {
	job := newJob(t, JobOptions{AckWait: time.Second, MaxDeliver: 2})
	submit(t, job, paths(1))
	c, err := job.js.Consumer(t.Context(), job.tasks(), workers)
	require.NoError(t, err)
	_, err = c.Next() // by a worker that stores the result and is lost
	require.NoError(t, err)
	require.NoError(t, job.putResult(t.Context(), Item{Path: "0000.png"}.Key(), Item{Path: "0000.png"}.failure("")))
	require.NoError(t, finish(t, job, program(t, "dies", "0000")), "it is not given to a worker")
	all, sum := collect(t, job)
	require.Len(t, all, 1)
	require.Empty(t, sum.Dead)
}

func TestAnItemWhoseWorkersAllVanishIsDead(t *testing.T) {
	for name, advisory := range map[string]bool{"by the server's advisory": true, "when the advisory is lost": false} {
		t.Run(name, func(t *testing.T) {
			job := newJob(t, JobOptions{AckWait: 200 * time.Millisecond, MaxDeliver: 2})
			submit(t, job, paths(1))
			c, err := job.js.Consumer(t.Context(), job.tasks(), workers)
			require.NoError(t, err)
			for range 2 {
				_, err = c.Next() // by a worker that vanishes
				require.NoError(t, err)
			}
			_, err = c.Next(jetstream.FetchMaxWait(time.Second)) // a server looks when a worker asks
			require.ErrorIs(t, err, nats.ErrTimeout)
			ledger, err := job.js.Stream(t.Context(), job.ledger())
			require.NoError(t, err)
			require.Equal(t, uint64(1), ledger.CachedInfo().State.Msgs)
			if advisory {
				submit(t, job, "waits.png\n") // the job goes on
			} else {
				require.NoError(t, ledger.Purge(t.Context()))
			}
			_, sum := collect(t, job)
			require.Len(t, sum.Dead, 1)
			require.Equal(t, "0000.png", sum.Dead[0].Path)
			require.Equal(t, 2, sum.Dead[0].Deliveries)
			require.Contains(t, sum.Dead[0].Reason, "no word from the worker")
			n, err := job.Retry(t.Context())
			require.NoError(t, err)
			require.Equal(t, 1, n)
			require.NoError(t, finish(t, job, program(t, "good")))
			all, sum := collect(t, job)
			require.Contains(t, all, "0000.png")
			require.Empty(t, sum.Dead)
		})
	}
}

func TestAJobIsNotCompleteWhileItemsAreAdded(t *testing.T) {
	job := newJob(t, JobOptions{})
	s, err := job.State(t.Context())
	require.NoError(t, err)
	require.False(t, s.Complete(), "before the first item")
	added, more := make(chan bool), make(chan bool)
	var items iter.Seq2[Item, error] = func(yield func(Item, error) bool) {
		for i := range submitBatch + 1 {
			if i == submitBatch {
				added <- true
				<-more
			}
			if !yield(Item{Line: fmt.Append(nil, i), Path: fmt.Sprint(i)}, nil) {
				return
			}
		}
	}
	submitted := make(chan error, 1)
	go func() { _, err := job.Submit(t.Context(), items); submitted <- err }()
	<-added
	worked, collected := make(chan error, 1), make(chan uint64, 1)
	go func() { worked <- finish(t, job, program(t, "good")) }()
	go func() {
		sum, _ := job.Collect(t.Context(), CollectOptions{Follow: true, Result: func([]byte) error { return nil }})
		collected <- sum.Results
	}()
	require.Eventually(t, func() bool {
		s, err := job.State(t.Context())
		require.NoError(t, err)
		require.False(t, s.Complete())
		return s.Waiting == 0 && s.Results == submitBatch
	}, time.Minute, 10*time.Millisecond)
	close(more)
	require.NoError(t, <-submitted)
	require.NoError(t, <-worked)
	require.Equal(t, uint64(submitBatch+1), <-collected)
}

func TestJobsLiveBesideEachOther(t *testing.T) {
	q := host(t, 0).queue()
	for _, name := range []string{"b", "a", "a-tasks"} {
		job, err := q.Create(t.Context(), name, JobOptions{})
		require.NoError(t, err)
		submit(t, job, paths(len(name)))
	}
	names, err := q.Jobs(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"a", "a-tasks", "b"}, names)
	job, err := q.Open(t.Context(), "a")
	require.NoError(t, err)
	require.NoError(t, job.Remove(t.Context()))
	_, err = q.Open(t.Context(), "a")
	require.ErrorIs(t, err, ErrNoJob)
	job, err = q.Open(t.Context(), "a-tasks")
	require.NoError(t, err)
	s, err := job.State(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(7), s.Waiting)
	for _, name := range []string{"", "a.b", "*", "a b", strings.Repeat("a", 65)} {
		_, err = q.Create(t.Context(), name, JobOptions{})
		require.ErrorContains(t, err, "expected up to 64 letters")
		_, err = q.Open(t.Context(), name)
		require.ErrorContains(t, err, "expected up to 64 letters")
	}
}

func TestAJobsOptionsChangeOnlyWhenTheyAreGiven(t *testing.T) {
	q := host(t, 0).queue()
	job, err := q.Create(t.Context(), "test", JobOptions{AckWait: 7 * time.Second})
	require.NoError(t, err)
	_, err = q.Create(t.Context(), "test", JobOptions{MaxDeliver: 9, MaxAckPending: 11})
	require.NoError(t, err)
	c, err := job.js.Consumer(t.Context(), job.tasks(), workers)
	require.NoError(t, err)
	config := c.CachedInfo().Config
	require.Equal(t, []any{7 * time.Second, 9, 11}, []any{config.AckWait, config.MaxDeliver, config.MaxAckPending})
	_, err = q.Create(t.Context(), "test", JobOptions{MaxDeliver: 1})
	require.ErrorContains(t, err, "2 deliveries or more")
	_, err = q.Create(t.Context(), "test", JobOptions{Replicas: 3})
	require.ErrorContains(t, err, "replicas > 1 not supported")
}

func TestAServerThatIsFullSaysSo(t *testing.T) {
	h := host(t, 64<<10)
	job, err := h.queue().Create(t.Context(), "test", JobOptions{})
	require.NoError(t, err)
	count, err := job.Submit(t.Context(), Lines(strings.NewReader(paths(1000))))
	require.ErrorContains(t, err, "resources")
	require.Greater(t, count.New, 0)
	require.Less(t, count.New, 1000)
	h.stop()
	h.o.JetStreamMaxStore = 0
	h.start()
	more := submit(t, job, paths(1000))
	require.Equal(t, 1000, more.New+count.New)
	require.Equal(t, count.New, more.Duplicates)
	require.NoError(t, finish(t, job, program(t, "good")))
	all, _ := collect(t, job)
	require.Len(t, all, 1000)
}

func TestAServerWithoutJetStreamIsNamed(t *testing.T) {
	h := host(t, 0)
	h.stop()
	h.o.JetStream = false
	h.start()
	q := h.queue()
	_, err := q.Create(t.Context(), "test", JobOptions{})
	require.ErrorContains(t, err, "the NATS server has no JetStream")
}

func TestCollectingEndsWithItsReaderOrItsContext(t *testing.T) {
	job := newJob(t, JobOptions{})
	submit(t, job, paths(3))
	require.NoError(t, job.putResult(t.Context(), "key", []byte(`{"path":"a"}`)))
	broken := errors.New("no space left")
	_, err := job.Collect(t.Context(), CollectOptions{Result: func([]byte) error { return broken }})
	require.ErrorIs(t, err, broken)
	_, err = job.Collect(t.Context(), CollectOptions{Result: func([]byte) error { return nil }, Written: func() error { return broken }})
	require.ErrorIs(t, err, broken)
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	_, err = job.Collect(ctx, CollectOptions{Follow: true, Result: func([]byte) error { n++; cancel(); return nil }})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, n)
	_, sum := collect(t, job)
	require.Equal(t, uint64(3), sum.Waiting)
}

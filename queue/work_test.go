package queue

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

func TestAnItemThatKillsItsWorkersTakesNoOthersWithIt(t *testing.T) {
	job := newJob(t, JobOptions{MaxDeliver: 3})
	submit(t, job, paths(20))
	require.NoError(t, finish(t, job, program(t, "dies", "0007")))
	all, sum := collect(t, job)
	require.Len(t, all, 19)
	require.Len(t, sum.Dead, 1)
	d := sum.Dead[0]
	require.Equal(t, []any{"0007.png", 3, "0007.png"}, []any{d.Path, d.Deliveries, string(d.Line)})
	require.Equal(t, "exit status 1, having said: vkeras: the device is lost", d.Reason)
}

func TestAWorkerThatIsOfNoUseEndsTheWork(t *testing.T) {
	for name, c := range map[string]struct {
		program []string
		says    string
	}{
		"it cannot start":           {[]string{"never ready"}, "before it had anything to do: exit status 1, having said: vkeras: cats.keras: no such file"},
		"its flags are wrong":       {[]string{"wrong usage"}, "unknown flag: --modell"},
		"it answers another item":   {[]string{"answers another", "0002"}, "the answer is to another item"},
		"it answers twice":          {[]string{"answers twice", "0002"}, "the worker does not work"},
		"it answers something else": {[]string{"babbles", "0002"}, "the answer is not a JSON object"},
		"it ends on each item":      {[]string{"dies", "png"}, "it ended on 3 items in a row: exit status 1, having said: vkeras: the device is lost"},
		"it is another program":     {[]string{"is no worker"}, "it did not say that it is ready, but: {}"},
		"it is not there":           {nil, "no/such/program"},
	} {
		t.Run(name, func(t *testing.T) {
			job := newJob(t, JobOptions{})
			submit(t, job, paths(20))
			p := Program{Path: "no/such/program"}
			if c.program != nil {
				p = program(t, c.program...)
			}
			err := finish(t, job, p)
			require.ErrorIs(t, err, ErrWorker)
			require.ErrorContains(t, err, c.says)
			require.NoError(t, finish(t, job, program(t, "good")), "nothing is lost")
			all, sum := collect(t, job)
			require.Len(t, all, 20)
			require.Empty(t, sum.Dead)
		})
	}
}

func TestAWorkerThatHangsIsKilled(t *testing.T) {
	job := newJob(t, JobOptions{MaxDeliver: 2, AckWait: 300 * time.Millisecond})
	submit(t, job, paths(10))
	err := job.Work(t.Context(), WorkOptions{Program: program(t, "hangs", "0004"), Batch: 4, UntilDone: true, Stall: time.Second, Log: logOf(t)})
	require.NoError(t, err)
	all, sum := collect(t, job)
	require.Len(t, all, 9)
	require.Len(t, sum.Dead, 1)
	require.Equal(t, "signal: killed", sum.Dead[0].Reason)
}

func TestAnAnswerThatTheServerDoesNotTakeIsAnError(t *testing.T) {
	job := newJob(t, JobOptions{})
	submit(t, job, paths(5))
	require.NoError(t, finish(t, job, program(t, "answers at length", "0003")))
	all, sum := collect(t, job)
	require.Len(t, all, 5)
	require.Contains(t, all["0003.png"].Error, "is larger than the server takes")
	require.Equal(t, uint64(1), sum.Errors)
}

func TestATaskThatIsNoItemIsDead(t *testing.T) {
	job := newJob(t, JobOptions{})
	submit(t, job, paths(2))
	_, err := job.js.PublishMsg(t.Context(), &nats.Msg{Subject: job.subject("task", "key"), Data: []byte("{")})
	require.NoError(t, err)
	require.NoError(t, finish(t, job, program(t, "good")))
	all, sum := collect(t, job)
	require.Len(t, all, 2)
	require.Len(t, sum.Dead, 1)
	require.Contains(t, sum.Dead[0].Reason, "not an item")
}

func TestLongItemsAreNotDeliveredTwice(t *testing.T) {
	job := newJob(t, JobOptions{AckWait: 150 * time.Millisecond, MaxDeliver: 2})
	submit(t, job, paths(40))
	require.NoError(t, finish(t, job, program(t, "is slow"))) // a window takes longer than AckWait
	c, err := job.js.Consumer(t.Context(), job.tasks(), workers)
	require.NoError(t, err)
	require.Equal(t, uint64(40), c.CachedInfo().Delivered.Consumer, "deliveries")
	all, _ := collect(t, job)
	require.Len(t, all, 40)
}

func TestDrainingFinishesWhatIsHeld(t *testing.T) {
	job := newJob(t, JobOptions{})
	submit(t, job, paths(100))
	drain := make(chan struct{})
	worked := make(chan error, 1)
	go func() {
		worked <- job.Work(t.Context(), WorkOptions{Program: program(t, "is slow"), Batch: 4, Drain: drain, Log: logOf(t)})
	}()
	awaitResults(t, job, 10)
	close(drain)
	require.NoError(t, <-worked)
	s, err := job.State(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(100), s.Results+s.Waiting, "what has a result is acknowledged")
	require.Greater(t, s.Waiting, uint64(0))
	c, err := job.js.Consumer(t.Context(), job.tasks(), workers)
	require.NoError(t, err)
	require.Zero(t, c.CachedInfo().NumAckPending, "nothing is held")
	require.NoError(t, finish(t, job, program(t, "good")))
	all, _ := collect(t, job)
	require.Len(t, all, 100)
}

func TestAnEndAtOnceGivesBackWhatIsHeld(t *testing.T) {
	job := newJob(t, JobOptions{AckWait: time.Hour})
	submit(t, job, paths(100))
	ctx, cancel := context.WithCancel(t.Context())
	worked := make(chan error, 1)
	go func() {
		worked <- job.Work(ctx, WorkOptions{Program: program(t, "is slow"), Batch: 4, Log: logOf(t)})
	}()
	awaitResults(t, job, 10)
	cancel()
	require.ErrorIs(t, <-worked, context.Canceled)
	require.NoError(t, finish(t, job, program(t, "good")), "long before AckWait")
	all, _ := collect(t, job)
	require.Len(t, all, 100)
}

func TestDrainingHasALimit(t *testing.T) {
	h := host(t, 0)
	job, err := h.queue().Create(t.Context(), "test", JobOptions{AckWait: time.Second})
	require.NoError(t, err)
	submit(t, job, paths(100))
	drain := make(chan struct{})
	worked := make(chan error, 1)
	go func() {
		worked <- job.Work(t.Context(), WorkOptions{Program: program(t, "is slow"), Batch: 4, Drain: drain, DrainLimit: time.Second, Log: logOf(t)})
	}()
	awaitResults(t, job, 10)
	h.stop()
	close(drain)
	require.ErrorContains(t, <-worked, "were not finished in 1s")
	h.start()
	require.NoError(t, finish(t, job, program(t, "good")))
	all, _ := collect(t, job)
	require.Len(t, all, 100)
}

func TestWorkEndsWithItsJob(t *testing.T) {
	job := newJob(t, JobOptions{})
	worked := make(chan error, 1)
	go func() {
		worked <- job.Work(t.Context(), WorkOptions{Program: program(t, "good"), Batch: 4, Log: logOf(t)})
	}()
	submit(t, job, paths(10))
	awaitResults(t, job, 10)
	require.NoError(t, job.Remove(t.Context()))
	require.ErrorIs(t, <-worked, ErrNoJob)
	require.ErrorIs(t, finish(t, job, program(t, "good")), ErrNoJob)
	require.ErrorContains(t, job.Work(t.Context(), WorkOptions{}), "a batch of 0")
}

func TestWorkOutlivesItsServer(t *testing.T) {
	h := host(t, 0)
	job, err := h.queue().Create(t.Context(), "test", JobOptions{AckWait: 2 * time.Second})
	require.NoError(t, err)
	submit(t, job, paths(200))
	worked := make(chan error, 1)
	go func() { worked <- finish(t, job, program(t, "is slow")) }()
	awaitResults(t, job, 20)
	h.stop()
	time.Sleep(300 * time.Millisecond)
	h.start()
	require.NoError(t, <-worked)
	all, _ := collect(t, job)
	require.Len(t, all, 200)
}

func TestAShardHasAllItsAnswersInOneResult(t *testing.T) {
	job := newJob(t, JobOptions{})
	submit(t, job, "a.png\na.npy\nb.NPY\nb.png\n"+`{"id": 7, "path": "c.npy"}`)
	require.NoError(t, finish(t, job, program(t, "good")))
	var lines []string
	sum, err := job.Collect(t.Context(), CollectOptions{Result: func(line []byte) error {
		lines = append(lines, string(line))
		return nil
	}})
	require.NoError(t, err)
	require.Equal(t, uint64(5), sum.Results)
	slices.Sort(lines)
	require.Equal(t, []string{
		`{"id":7,"path":"c.npy","error":""}`, `{"id":7,"path":"c.npy","error":""}`, `{"id":7,"path":"c.npy","error":""}`,
		`{"path":"a.npy","error":""}`, `{"path":"a.npy","error":""}`, `{"path":"a.npy","error":""}`, `{"path":"a.png","error":""}`,
		`{"path":"b.NPY","error":""}`, `{"path":"b.NPY","error":""}`, `{"path":"b.NPY","error":""}`, `{"path":"b.png","error":""}`,
	}, lines)
}

func awaitResults(t *testing.T, job *Job, n uint64) {
	t.Helper()
	require.Eventually(t, func() bool {
		s, err := job.State(t.Context())
		return err == nil && s.Results >= n
	}, time.Minute, 5*time.Millisecond)
}

func TestTheLastWordsSayWhy(t *testing.T) {
	for said, want := range map[string]string{
		"":                      "",
		"model: a\ndevice: b\n": "device: b",
		"device: b\nvkeras: the device is lost\n\tdetails\n":            "vkeras: the device is lost",
		"panic: oh\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:1\n": "panic: oh",
		strings.Repeat("x", 1<<20) + "\nvkeras: no\n":                   "vkeras: no",
	} {
		var l lastWords
		_, err := l.Write([]byte(said))
		require.NoError(t, err)
		require.Equal(t, want, l.String())
	}
}

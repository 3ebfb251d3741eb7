package queue

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		os.Exit(beChild(os.Args[2:]))
	}
	goleak.VerifyTestMain(m)
}

// beChild is a program that answers lines as vkeras worker does, or fails as it may.
func beChild(args []string) int {
	how, at := args[0], ""
	if len(args) > 1 {
		at = args[1]
	}
	switch how {
	case "is no worker":
		fmt.Println("{}")
	case "never ready":
		fmt.Fprintln(os.Stderr, "model: cats.keras\nvkeras: cats.keras: no such file\nbye")
		return 1
	case "wrong usage":
		fmt.Fprintln(os.Stderr, "vkeras: unknown flag: --modell")
		return 2
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, MaxLineBytes+1)
	for lines.Scan() {
		item, err := ParseItem(lines.Bytes())
		if err != nil {
			fmt.Printf("%s\n", Item{Path: lines.Text()}.failure(err.Error()))
			continue
		}
		hit := at != "" && strings.Contains(item.Path, at)
		answer := item.failure("")
		switch {
		case hit && how == "dies":
			fmt.Fprintln(os.Stderr, "vkeras: the device is lost\ngoodbye")
			return 1
		case hit && how == "hangs":
			select {}
		case hit && how == "answers another":
			answer = Item{Path: "another"}.failure("")
		case hit && how == "answers twice":
			fmt.Printf("%s\n", answer)
		case hit && how == "answers at length":
			answer = item.failure(strings.Repeat("x", 2<<20))
		case hit && how == "babbles":
			answer = []byte("loading...")
		case item.shard():
			for range 2 { // of three
				fmt.Printf("%s\n", answer)
			}
		case how == "is slow":
			time.Sleep(20 * time.Millisecond)
		}
		fmt.Printf("%s\n", answer)
	}
	return 0
}

// program returns such a program.
func program(t *testing.T, how ...string) Program {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return Program{Path: self, Args: append([]string{"child"}, how...)}
}

// hosted is a NATS server, in this process.
type hosted struct {
	t *testing.T
	o server.Options
	s *server.Server
}

// host starts a server for a test, which runs beside others: most of them wait.
// storeBytes bounds what it may keep, unless it is 0.
func host(t *testing.T, storeBytes int64) *hosted {
	t.Helper()
	t.Parallel()
	h := &hosted{t: t, o: server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), JetStreamMaxStore: storeBytes, NoSigs: true, NoLog: true}}
	h.start()
	t.Cleanup(h.stop)
	return h
}

func (h *hosted) start() {
	h.t.Helper()
	var err error
	o := h.o
	h.s, err = server.NewServer(&o)
	require.NoError(h.t, err)
	go h.s.Start()
	require.True(h.t, h.s.ReadyForConnections(time.Minute))
	h.o.Port = o.Port
}

func (h *hosted) stop() {
	h.s.Shutdown()
	h.s.WaitForShutdown()
}

func (h *hosted) queue() *Queue {
	h.t.Helper()
	nc, err := nats.Connect(h.s.ClientURL(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	require.NoError(h.t, err)
	h.t.Cleanup(nc.Close)
	q, err := New(nc)
	require.NoError(h.t, err)
	return q
}

// newJob makes a job on a server of its own.
func newJob(t *testing.T, o JobOptions) *Job {
	t.Helper()
	job, err := host(t, 0).queue().Create(t.Context(), "test", o)
	require.NoError(t, err)
	return job
}

// paths returns a text of n lines.
func paths(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "%04d.png\n", i)
	}
	return text.String()
}

func submit(t *testing.T, job *Job, text string) Submitted {
	t.Helper()
	count, err := job.Submit(t.Context(), Lines(strings.NewReader(text)))
	require.NoError(t, err)
	return count
}

// finish works until the job is complete.
func finish(t *testing.T, job *Job, p Program) error {
	t.Helper()
	return job.Work(t.Context(), WorkOptions{Program: p, Batch: 4, UntilDone: true, Log: logOf(t)})
}

func logOf(t *testing.T) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

// result is what the tests look at.
type result struct{ Path, Error string }

// collect returns the results by path, each of which may come once.
func collect(t *testing.T, job *Job) (map[string]result, Summary) {
	t.Helper()
	all := map[string]result{}
	sum, err := job.Collect(t.Context(), CollectOptions{Result: func(line []byte) error {
		var r result
		require.NoError(t, json.Unmarshal(line, &r))
		require.NotContains(t, all, r.Path)
		all[r.Path] = r
		return nil
	}})
	require.NoError(t, err)
	return all, sum
}

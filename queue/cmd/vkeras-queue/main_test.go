package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/queue"
)

const (
	pictures = "../../../testdata/demo/pictures"
	limit    = 2 * time.Minute // of anything that is awaited
	batch    = 4
)

// programs is the folder with vkeras, of the module above, and vkeras-queue.
var programs string

func TestMain(m *testing.M) {
	if os.Getenv(killsItself) != "" {
		os.Exit(workAndDie())
	}
	var err error
	if programs, err = os.MkdirTemp("", "vkeras"); err == nil {
		err = build()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(failed)
	}
	status := m.Run()
	os.RemoveAll(programs)
	os.Exit(status)
}

func build() error {
	for folder, name := range map[string]string{"../../..": "vkeras", "../..": "vkeras-queue"} {
		c := exec.Command("go", "build", "-o", filepath.Join(programs, name), "./cmd/"+name)
		c.Dir = folder
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	return nil
}

// process is a program that runs.
type process struct {
	*exec.Cmd
	t      *testing.T
	out    text
	says   text // on standard error
	exited chan struct{}
}

// text is written by one goroutine and read by another.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(b)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// start starts vkeras.
func start(t *testing.T, stdin string, args ...string) *process {
	t.Helper()
	return startIn(t, nil, stdin, args...)
}

// startIn starts vkeras with more in its environment.
func startIn(t *testing.T, env []string, stdin string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(filepath.Join(programs, "vkeras"), args...), t: t, exited: make(chan struct{})}
	p.Stdin, p.Stdout, p.Stderr = strings.NewReader(stdin), &p.out, &p.says
	p.Env = append(os.Environ(), env...)
	p.WaitDelay = 5 * time.Second
	require.NoError(t, p.Start())
	go func() { _ = p.Wait(); close(p.exited) }()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.exited
		if t.Failed() {
			says := p.says.String()
			t.Logf("%v: %v\n...%s", args, p.ProcessState, says[max(0, len(says)-2000):])
		}
	})
	return p
}

// status waits for the end.
func (p *process) status() int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(limit):
		require.Fail(p.t, "it does not end", "%v\n%s", p.Args, p.says.String())
	}
	return p.ProcessState.ExitCode()
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.Process.Signal(s))
}

func (p *process) kill() {
	p.t.Helper()
	p.signal(syscall.SIGKILL)
	<-p.exited
}

// vkeras runs vkeras to its end, which must be a good one, and returns what it wrote.
func vkeras(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	p := start(t, stdin, args...)
	require.Equal(t, ok, p.status(), p.says.String())
	return p.out.String()
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	require.Eventually(t, f, limit, 20*time.Millisecond, what)
}

// freeAddress returns one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// hosted is a `vkeras queue` that may be killed and started again.
type hosted struct {
	t              *testing.T
	store, address string
	*process
}

func newServer(t *testing.T) *hosted {
	t.Helper()
	t.Parallel() // half of the time is waiting
	s := &hosted{t: t, store: t.TempDir(), address: freeAddress(t)}
	s.start()
	return s
}

func (s *hosted) start() {
	s.t.Helper()
	s.process = start(s.t, "", "queue", "--store", s.store, "--listen", s.address)
	eventually(s.t, "the server is ready", func() bool { return strings.Contains(s.says.String(), "ready: ") })
}

func (s *hosted) url() string { return "nats://" + s.address }

// open returns the job as the package sees it.
func open(t *testing.T, url, name string) *queue.Job {
	t.Helper()
	nc, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	q, err := queue.New(nc)
	require.NoError(t, err)
	job, err := q.Open(t.Context(), name)
	require.NoError(t, err)
	return job
}

// results returns how many results there are.
func results(t *testing.T, job *queue.Job) func() int {
	return func() int {
		s, err := job.State(t.Context())
		if err != nil {
			return 0
		}
		return int(s.Results)
	}
}

// answer is a line that vkeras worker writes.
type answer struct {
	ID      int
	Path    string
	Classes []struct{ Label string }
	Error   string
}

func answers(t *testing.T, text string) []answer {
	t.Helper()
	var list []answer
	for line := range strings.Lines(text) {
		var a answer
		require.NoError(t, json.Unmarshal([]byte(line), &a), line)
		list = append(list, a)
	}
	return list
}

// direct returns the sample pictures' labels, by path, as vkeras worker gives them
// without a queue.
var direct = sync.OnceValues(func() (map[string]string, error) {
	folder, err := filepath.Abs(pictures)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(folder, "*_*"))
	if err != nil {
		return nil, err
	}
	c := exec.Command(filepath.Join(programs, "vkeras"), "worker", "--allow-cpu")
	c.Stdin = strings.NewReader(strings.Join(files, "\n"))
	out, err := c.Output()
	labels := map[string]string{}
	for line := range strings.Lines(string(out)) {
		var a answer
		if err := json.Unmarshal([]byte(line), &a); err != nil || len(a.Classes) != 1 {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		labels[a.Path] = a.Classes[0].Label
	}
	return labels, err
})

// items returns lines that name the sample pictures over and over, and the path of each.
func items(t *testing.T, n int) (lines string, paths []string) {
	t.Helper()
	labels, err := direct()
	require.NoError(t, err)
	require.Len(t, labels, 18)
	for len(paths) < n {
		for path := range labels {
			if len(paths) < n {
				lines += fmt.Sprintf("{\"id\": %d, \"path\": %q}\n", len(paths), path)
				paths = append(paths, path)
			}
		}
	}
	return lines, paths
}

// exactlyOnce checks that each item has its result once, and the right one.
func exactlyOnce(t *testing.T, paths []string, text string) {
	t.Helper()
	labels, err := direct()
	require.NoError(t, err)
	seen := map[int]int{}
	for _, a := range answers(t, text) {
		seen[a.ID]++
		require.Less(t, a.ID, len(paths))
		require.Equal(t, paths[a.ID], a.Path)
		require.Empty(t, a.Error)
		require.Len(t, a.Classes, 1)
		require.Equal(t, labels[a.Path], a.Classes[0].Label, a.Path)
	}
	require.Len(t, seen, len(paths), "results")
	for id, n := range seen {
		require.Equal(t, 1, n, "results of %d", id)
	}
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/queue"
)

// worker starts a `vkeras work` with small batches, until the job is complete.
func worker(t *testing.T, url, job string) *process {
	t.Helper()
	return start(t, "", workArgs(url, job)...)
}

func workArgs(url, job string) []string {
	return []string{"work", "--nats", url, "--job", job, "--allow-cpu", "--batch", strconv.Itoa(batch), "--until-done"}
}

func TestAJobOutlivesAWorkerThatIsKilled(t *testing.T) {
	s := newServer(t)
	lines, paths := items(t, 150)
	all := start(t, "", "collect", "--nats", s.url(), "--job", "a", "--follow") // before there is a job
	vkeras(t, lines, "submit", "--nats", s.url(), "--job", "a", "--ack-wait", "3s")
	victim, other := worker(t, s.url(), "a"), worker(t, s.url(), "a")
	job := open(t, s.url(), "a")
	for _, p := range []*process{victim, other} {
		eventually(t, "both work", func() bool { return strings.Contains(p.says.String(), "msg=ready") })
	}
	n := results(t, job)()
	eventually(t, "results", func() bool { return results(t, job)() > n+2*batch })
	victim.kill()
	require.Less(t, results(t, job)(), len(paths), "killed with work to do")
	require.Equal(t, ok, other.status())
	require.Equal(t, ok, all.status())
	exactlyOnce(t, paths, all.out.String())
	exactlyOnce(t, paths, vkeras(t, "", "collect", "--nats", s.url(), "--job", "a"))
}

func TestAJobOutlivesItsServer(t *testing.T) {
	s := newServer(t)
	lines, paths := items(t, 150)
	vkeras(t, lines, "submit", "--nats", s.url(), "--job", "b", "--ack-wait", "3s")
	workers := []*process{worker(t, s.url(), "b"), worker(t, s.url(), "b")}
	all := start(t, "", "collect", "--nats", s.url(), "--job", "b", "--follow")
	job := open(t, s.url(), "b")
	eventually(t, "results", func() bool { return results(t, job)() > 20 })
	s.kill()
	time.Sleep(time.Second)
	s.start()
	for _, p := range append(workers, all) {
		require.Equal(t, ok, p.status())
	}
	exactlyOnce(t, paths, all.out.String())
	require.Contains(t, vkeras(t, lines, "submit", "--nats", s.url(), "--job", "b"), fmt.Sprintf("0 new pictures, %d duplicates", len(paths)))
}

// killsItself is the environment variable that makes the test program a worker: vkeras
// worker, but at the item with this id it kills itself and it, as often as deaths says.
const (
	killsItself = "VKERAS_TEST_KILLS_ITSELF_AT"
	deaths      = "VKERAS_TEST_DEATHS"
	deathsFile  = "VKERAS_TEST_DEATHS_FILE" // a byte for each
	realWorker  = "VKERAS_TEST_WORKER"
)

func workAndDie() int {
	real := exec.Command(os.Getenv(realWorker), os.Args[1:]...)
	real.Stdout, real.Stderr = os.Stdout, os.Stderr
	in, err := real.StdinPipe()
	if err == nil {
		err = real.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return failed
	}
	most, _ := strconv.Atoi(os.Getenv(deaths))
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if bytes.Contains(lines.Bytes(), fmt.Appendf(nil, `"id": %s,`, os.Getenv(killsItself))) {
			died, _ := os.ReadFile(os.Getenv(deathsFile))
			if len(died) < most {
				_ = os.WriteFile(os.Getenv(deathsFile), append(died, '.'), 0o644)
				_ = real.Process.Kill()
				if self, err := os.FindProcess(os.Getpid()); err == nil {
					_ = self.Kill()
				}
				select {}
			}
		}
		if _, err := in.Write(append(lines.Bytes(), '\n')); err != nil {
			break
		}
	}
	in.Close()
	if real.Wait() != nil {
		return failed
	}
	return ok
}

// poisoned starts a `vkeras work` that one item kills, a few times, and returns how
// often it did.
func poisoned(t *testing.T, url, job string, id, times int) (p *process, died func() int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "deaths")
	self, err := os.Executable()
	require.NoError(t, err)
	env := []string{
		fmt.Sprintf("%s=%d", killsItself, id), fmt.Sprintf("%s=%d", deaths, times), deathsFile + "=" + file,
		realWorker + "=" + filepath.Join(programs, "vkeras"),
	}
	p = startIn(t, env, "", append(workArgs(url, job), "--program", self)...)
	return p, func() int {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		return len(b)
	}
}

func TestAnItemThatKillsItsWorkerTwiceHasItsResult(t *testing.T) {
	s := newServer(t)
	lines, paths := items(t, 60)
	vkeras(t, lines, "submit", "--nats", s.url(), "--job", "c")
	w, died := poisoned(t, s.url(), "c", 30, 2)
	require.Equal(t, ok, w.status())
	require.Equal(t, 2, died())
	exactlyOnce(t, paths, vkeras(t, "", "collect", "--nats", s.url(), "--job", "c"))
}

func TestAnItemThatAlwaysKillsItsWorkerIsADeadLetterAndNoOther(t *testing.T) {
	s := newServer(t)
	lines, paths := items(t, 40)
	vkeras(t, lines, "submit", "--nats", s.url(), "--job", "d", "--max-deliver", "3")
	w, died := poisoned(t, s.url(), "d", 13, 1000)
	require.Equal(t, ok, w.status())
	require.Equal(t, 3, died())

	c := start(t, "", "collect", "--nats", s.url(), "--job", "d")
	require.Equal(t, failed, c.status())
	require.Contains(t, c.says.String(), fmt.Sprintf("dead: %s (id 13): 3 deliveries: signal: killed", paths[13]))
	require.Len(t, answers(t, c.out.String()), len(paths)-1)
	require.Contains(t, vkeras(t, "", "collect", "--nats", s.url(), "--job", "d", "--dead"), `"id":13,`)
	require.Contains(t, vkeras(t, lines, "submit", "--nats", s.url(), "--job", "d"), "0 new pictures, 40 duplicates")

	require.Contains(t, vkeras(t, "", "submit", "--nats", s.url(), "--job", "d", "--retry-dead"), "1 dead letters wait again")
	require.Equal(t, ok, worker(t, s.url(), "d").status())
	exactlyOnce(t, paths, vkeras(t, "", "collect", "--nats", s.url(), "--job", "d"))
}

// cluster starts three servers, and returns their URLs and processes by name.
func cluster(t *testing.T) (urls string, servers map[string]*process) {
	t.Helper()
	var clients, routes [3]string
	for i := range 3 {
		clients[i], routes[i] = freeAddress(t), freeAddress(t)
	}
	servers = map[string]*process{}
	for i := range 3 {
		name := fmt.Sprintf("node%d", i)
		config := filepath.Join(t.TempDir(), name+".conf")
		require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
server_name: %s
listen: %q
jetstream { store_dir: %q }
cluster { name: test, listen: %q, routes: ["nats://%s", "nats://%s", "nats://%s"] }
`, name, clients[i], t.TempDir(), routes[i], routes[0], routes[1], routes[2]), 0o644))
		servers[name] = start(t, "", "queue", "--config", config)
	}
	for _, p := range servers {
		eventually(t, "the server is ready", func() bool { return strings.Contains(p.says.String(), "ready: ") })
	}
	urls = "nats://" + strings.Join(clients[:], ",nats://")
	nc, err := nats.Connect(urls)
	require.NoError(t, err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	eventually(t, "the cluster has a leader", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := js.AccountInfo(ctx)
		return err == nil
	})
	return urls, servers
}

// leader returns the server that leads a stream.
func leader(t *testing.T, urls, stream string) string {
	t.Helper()
	nc, err := nats.Connect(urls)
	require.NoError(t, err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	name := ""
	eventually(t, "a leader", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if s, err := js.Stream(ctx, stream); err == nil {
			name = s.CachedInfo().Cluster.Leader
		}
		return name != ""
	})
	return name
}

func TestAJobOutlivesTheLeaderOfItsCluster(t *testing.T) {
	t.Parallel()
	urls, servers := cluster(t)
	lines, paths := items(t, 400)
	half := strings.Index(lines, `{"id": 300,`)
	in, out := io.Pipe()
	submit := exec.Command(filepath.Join(programs, "vkeras"), "submit", "--nats", urls, "--job", "e", "--replicas", "3", "--ack-wait", "3s")
	var says text
	submit.Stdin, submit.Stdout, submit.Stderr = in, &says, &says
	require.NoError(t, submit.Start())
	defer submit.Process.Kill()
	_, err := io.WriteString(out, lines[:half]) // of which the first 256 are sent
	require.NoError(t, err)
	var job *queue.Job
	eventually(t, "the job is there", func() bool {
		nc, err := nats.Connect(urls)
		if err != nil {
			return false
		}
		defer nc.Close()
		q, err := queue.New(nc)
		require.NoError(t, err)
		_, err = q.Open(t.Context(), "e")
		return err == nil
	})
	job = open(t, urls, "e")
	eventually(t, "items", func() bool { s, err := job.State(t.Context()); return err == nil && s.Waiting > 0 })
	servers[leader(t, urls, "vkeras-e-tasks")].kill()
	_, err = io.WriteString(out, lines[half:])
	require.NoError(t, err)
	require.NoError(t, out.Close())
	require.NoError(t, submit.Wait(), says.String())
	require.Contains(t, says.String(), "job e: 400 new pictures, 0 duplicates")
	require.Equal(t, ok, worker(t, urls, "e").status())
	exactlyOnce(t, paths, vkeras(t, "", "collect", "--nats", urls, "--job", "e", "--follow"))
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/gpu"
)

// work reads what a worker wrote.
func work(t *testing.T, text string) []classify.Line {
	t.Helper()
	var list []classify.Line
	for line := range strings.Lines(text) {
		var r classify.Line
		require.NoError(t, json.Unmarshal([]byte(line), &r), line)
		list = append(list, r)
	}
	return list
}

func TestAWorkerAnswersEachLineInOrder(t *testing.T) {
	in := strings.Join([]string{
		filepath.Join(samples, "two_1.png"), "", "no/such.png",
		fmt.Sprintf("%q", filepath.Join(samples, "five_3.jpg")),
		fmt.Sprintf(`{"id": {"row": 7}, "path": %q}`, filepath.Join(samples, "one_1.png")),
		`{"id": 8}`, `{"path": `, "worker_test.go", "-",
	}, "\n")
	r := vkeras(t, strings.NewReader(in), "worker", "--allow-cpu", "--batch", "3", "--top", "2")
	require.Equal(t, ok, r.status, r.stderr)
	got := work(t, r.stdout)
	require.Len(t, got, 8)
	for i, want := range map[int]string{0: "2", 2: "5", 3: "1"} {
		require.Empty(t, got[i].Error)
		require.Len(t, got[i].Classes, 2)
		require.Equal(t, want, got[i].Classes[0].Label)
	}
	require.JSONEq(t, `{"row": 7}`, string(got[3].ID))
	for i, says := range map[int]string{1: "no such file", 4: "it has no path", 5: "not an item", 6: "not a readable picture", 7: "no such file"} {
		require.Contains(t, got[i].Error, says)
		require.Empty(t, got[i].Classes)
	}
}

func TestAWorkerAnswersALineBeforeTheNextComes(t *testing.T) {
	in, lines := io.Pipe()
	answers, out := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- run(t.Context(), []string{"worker", "--allow-cpu", "--quiet"}, in, out, io.Discard)
		out.Close()
	}()
	read := bufio.NewScanner(answers)
	for _, name := range []string{"two_1.png", "three_1.png", "zero_2.png"} {
		_, err := fmt.Fprintln(lines, filepath.Join(samples, name))
		require.NoError(t, err)
		require.True(t, read.Scan())
		require.Contains(t, read.Text(), name)
	}
	require.NoError(t, lines.Close())
	require.Equal(t, ok, <-status)
}

func TestShardsAreThePartsOfTheWhole(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(samples, "*.png"))
	require.NoError(t, err)
	seen := map[string]int{}
	for i := range 3 {
		r := vkeras(t, strings.NewReader(strings.Join(files, "\n")), "worker", "--allow-cpu", "--shard", fmt.Sprintf("%d/3", i))
		require.Equal(t, ok, r.status, r.stderr)
		for _, item := range work(t, r.stdout) {
			seen[item.Path]++
		}
	}
	require.Len(t, seen, len(files))
	for _, f := range files {
		require.Equal(t, 1, seen[f], f)
	}
}

func TestAWorkerGoesOnWhereItsResultsEnd(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(samples, "*.png"))
	require.NoError(t, err)
	results := filepath.Join(t.TempDir(), "results.jsonl")
	again := func(n int) []classify.Line {
		r := vkeras(t, strings.NewReader(strings.Join(files[:n], "\n")), "worker", "--allow-cpu", "--results", results)
		require.Equal(t, ok, r.status, r.stderr)
		require.Empty(t, r.stdout)
		b, err := os.ReadFile(results)
		require.NoError(t, err)
		return work(t, string(b))
	}
	first := again(5)
	require.Len(t, first, 5)
	b, err := os.ReadFile(results)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(results, b[:len(b)-9], 0o644)) // killed while it wrote
	all := again(len(files))
	require.Len(t, all, len(files))
	require.Equal(t, first[:4], all[:4])
	for i, f := range files {
		require.Equal(t, f, all[i].Path)
	}
	require.NoError(t, os.WriteFile(results, []byte("something else\n"), 0o644))
	r := vkeras(t, strings.NewReader(files[0]), "worker", "--allow-cpu", "--results", results)
	require.Equal(t, failed, r.status)
	require.Contains(t, r.stderr, "line 1")
	b, err = os.ReadFile(results)
	require.NoError(t, err)
	require.Equal(t, "something else\n", string(b), "a file of another kind stays")
}

func TestAWorkerRefusesWhatItCannotDo(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"a shard of no sense":     {[]string{"--shard", "2"}, wrongUsage, "expected I/N"},
		"a shard beyond the last": {[]string{"--shard", "4/4"}, wrongUsage, "from 0 to N - 1"},
		"the reference":           {[]string{"--device", "reference"}, wrongUsage, "it is for checks"},
		"an unknown device":       {[]string{"--allow-cpu", "--device", "name:voodoo"}, wrongUsage, `"name:voodoo"`},
		"results that cannot be":  {[]string{"--results", "no/such/folder/r.jsonl"}, failed, "--results: "},
		"no classes":              {[]string{"--top", "0"}, wrongUsage, "--top 0"},
		"a batch of no sense":     {[]string{"--allow-cpu", "--batch", "0"}, wrongUsage, "--batch 0"},
	} {
		t.Run(name, func(t *testing.T) {
			r := vkeras(t, strings.NewReader(""), append([]string{"worker"}, c.args...)...)
			require.Equal(t, c.status, r.status, r.stderr)
			require.Contains(t, r.stderr, c.says)
			require.Empty(t, r.stdout)
		})
	}
	all, err := gpu.Devices()
	require.NoError(t, err)
	for _, d := range all {
		if !d.Type.GPU() {
			r := vkeras(t, strings.NewReader(""), "worker", "--device", "uuid:"+d.UUID)
			require.Equal(t, failed, r.status)
			require.Contains(t, r.stderr, gpu.ErrNotGPU.Error())
			require.Contains(t, r.stderr, "--allow-cpu")
		}
	}
}

func TestAnInterruptEndsAWorkerThatWaits(t *testing.T) {
	in, lines := io.Pipe()
	defer lines.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	require.Equal(t, interrupted, run(ctx, []string{"worker", "--allow-cpu", "--quiet"}, in, io.Discard, io.Discard))
}

// buildTool returns the tool's program.
func buildTool(t *testing.T) string {
	tool := filepath.Join(t.TempDir(), "vkeras-tool")
	text, err := exec.CommandContext(t.Context(), "go", "build", "-o", tool, ".").CombinedOutput()
	require.NoError(t, err, "%s", text)
	return tool
}

func TestGNUParallelDrivesWorkers(t *testing.T) {
	parallel, err := exec.LookPath("parallel")
	if err != nil {
		t.Skip("GNU parallel is not installed")
	}
	tool := buildTool(t)
	files, err := filepath.Glob(filepath.Join(samples, "*"))
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), parallel, "--pipe", "-j", "2", "-N", "9", tool, "worker", "--allow-cpu", "--quiet")
	c.Stdin = strings.NewReader(strings.Join(files, "\n") + "\n")
	out, err := c.Output()
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, r := range work(t, string(out)) {
		require.Empty(t, r.Error)
		seen[r.Path] = true
	}
	require.Len(t, seen, len(files))
}

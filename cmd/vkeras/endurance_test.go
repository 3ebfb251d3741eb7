package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
)

// folderOfLinks returns a folder of n pictures, in order, and which of the
// samples each of them is. They are hard links, in folders of a thousand since
// a file takes some 65,000 of them.
func folderOfLinks(t *testing.T, n int) (folder string, sample []string) {
	t.Helper()
	folder = t.TempDir()
	sources, err := filepath.Glob(filepath.Join(samples, "*.png"))
	require.NoError(t, err)
	for i := range n {
		thousand, k := filepath.Join(folder, fmt.Sprintf("%04d", i/1000)), i%1000
		name := func(k int) string { return filepath.Join(thousand, fmt.Sprintf("%03d.png", k)) }
		source := k % len(sources)
		sample = append(sample, sources[source])
		if k >= len(sources) {
			require.NoError(t, os.Link(name(source), name(k)))
			continue
		}
		b, err := os.ReadFile(sources[source])
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(thousand, 0o755))
		require.NoError(t, os.WriteFile(name(k), b, 0o644))
	}
	return folder, sample
}

// residentOf returns the bytes of memory that a process has of the system's.
func residentOf(t *testing.T, pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Skip("the system does not say what is resident")
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	require.NoError(t, err)
	return pages * os.Getpagesize()
}

// VKERAS_FILES=100000 classifies that many, which takes minutes.
func TestAFolderOfAnySizeTakesTheSameMemoryAndGoesOnAfterASignal(t *testing.T) {
	files := 3000
	if n, err := strconv.Atoi(os.Getenv("VKERAS_FILES")); err == nil {
		files = n
	}
	t.Setenv("VKERAS_VALIDATION", "0") // the layer itself keeps records
	folder, sample := folderOfLinks(t, files)
	file := filepath.Join(t.TempDir(), "answers.csv")
	args := []string{"classify", "--quiet", "--csv", "--preset", "exercise", "--model", "../../testdata/keras/exercise_small_keras3/model.keras"}
	answered := func() int {
		b, err := os.ReadFile(file)
		if err != nil {
			return 0
		}
		return max(0, bytes.Count(b, []byte("\n"))-1)
	}
	p, _ := process(t, append(args, "--resume", file, folder)...)
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	await := func(n int) {
		for answered() < n {
			select {
			case err := <-ended:
				require.Fail(t, "it ended on its way", "%v", err)
			case <-time.After(20 * time.Millisecond):
			}
		}
	}

	await(files / 3)
	before := residentOf(t, p.Process.Pid)
	await(files / 3 * 2)
	grown := residentOf(t, p.Process.Pid) - before
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.Error(t, <-ended)
	require.Equal(t, interrupted, p.ProcessState.ExitCode())
	t.Logf("%d files: resident %d KiB, then %+d KiB", files, before>>10, grown>>10)
	if !optest.Race { // which remembers what happened
		require.Less(t, grown, 16<<20) // the collector's breath
	}
	stopped := answered()
	require.Less(t, stopped, files, "stopped on its way")

	r := vkeras(t, nil, append(args, "--resume", file, folder)...)
	require.Equal(t, ok, r.status, r.stderr)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, files+1)
	want := map[string]string{}
	for i, row := range rows[1:] {
		require.Equal(t, filepath.Join(folder, fmt.Sprintf("%04d", i/1000), fmt.Sprintf("%03d.png", i%1000)), row[0])
		class, known := want[sample[i]]
		if !known {
			r := vkeras(t, nil, append(args, sample[i])...)
			require.Equal(t, ok, r.status, r.stderr)
			one, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
			require.NoError(t, err)
			class = one[1][2]
			want[sample[i]] = class
		}
		require.Equal(t, class, row[2], row[0])
	}
}

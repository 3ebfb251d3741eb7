package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// mainVariable has the test binary be the tool itself.
const mainVariable = "VKERAS_TEST_MAIN"

func TestResumingAddsWhatLacksAfterAnyCut(t *testing.T) {
	folder := folderOf(t, 3, 0)
	whole := vkeras(t, nil, "classify", "--csv", "--top", "2", "--quiet", folder)
	require.Equal(t, ok, whole.status, whole.stderr)
	file := filepath.Join(t.TempDir(), "answers.csv")
	for _, cut := range []int{-1, strings.Index(whole.stdout, "\n") + 1, len(whole.stdout) / 2, len(whole.stdout)} {
		if cut < 0 {
			require.NoError(t, os.RemoveAll(file)) // a first run
		} else {
			require.NoError(t, os.WriteFile(file, []byte(whole.stdout[:cut]), 0o644))
		}
		r := vkeras(t, nil, "classify", "--csv", "--top", "2", "--batch", "2", "--resume", file, folder)
		require.Equal(t, ok, r.status, r.stderr)
		require.Empty(t, r.stdout)
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		requireSameAnswers(t, whole.stdout, string(got))
	}
}

// requireSameAnswers compares all but scores, which differ in their last bits
// between batches.
func requireSameAnswers(t *testing.T, want, got string) {
	t.Helper()
	rows := func(text string) [][]string {
		all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		require.NoError(t, err, text)
		for _, row := range all {
			row[4] = ""
		}
		return all
	}
	require.Equal(t, rows(want), rows(got))
}

func TestResultsOfAnotherRunAreNotAddedTo(t *testing.T) {
	folder := folderOf(t, 2, 0)
	for name, c := range map[string]struct{ content, says string }{
		"another file":  {"picture,class\na,b\n", "does not begin with the heading"},
		"another --top": {"file,rank,index,label,probability\na.png,1,0,zero,0.5\nb.png,1,0,zero,0.5\n", "another --top"},
		"a binary":      {"file,rank,index,label,probability\n" + strings.Repeat("\"\x00", 1<<17), "from byte 34 on"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "answers.csv")
			require.NoError(t, os.WriteFile(file, []byte(c.content), 0o644))
			r := vkeras(t, nil, "classify", "--csv", "--top", "2", "--resume", file, folder)
			require.Equal(t, failed, r.status)
			require.Contains(t, r.stderr, "answers.csv")
			require.Contains(t, r.stderr, c.says)
			kept, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, c.content, string(kept))
		})
	}
	require.Equal(t, wrongUsage, vkeras(t, nil, "classify", "--resume", "x.csv", folder).status)
}

// interrupting cancels a run at its first output.
type interrupting struct {
	bytes.Buffer
	cancel context.CancelFunc
}

func (w *interrupting) Write(b []byte) (int, error) {
	w.cancel()
	return w.Buffer.Write(b)
}

func TestAnInterruptLeavesWholeResults(t *testing.T) {
	folder := folderOf(t, 40, 0)
	for _, form := range []string{"--csv", "--json"} {
		t.Run(form, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			out := &interrupting{cancel: cancel}
			var errs bytes.Buffer
			status := run(ctx, []string{"classify", form, "--batch", "1", folder}, nil, out, &errs)
			require.Equal(t, interrupted, status, errs.String())
			require.Contains(t, errs.String(), "interrupted")
			n := 0
			if form == "--csv" {
				rows, err := csv.NewReader(&out.Buffer).ReadAll()
				require.NoError(t, err)
				n = len(rows) - 1
			} else {
				var got classified
				require.NoError(t, json.Unmarshal(out.Bytes(), &got))
				n = len(got.Pictures)
			}
			require.Positive(t, n)
			require.Less(t, n, 40)
		})
	}
}

// process starts the tool as a process of its own.
func process(t *testing.T, args ...string) (*exec.Cmd, io.Writer) {
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(self, args...)
	c.Env = append(os.Environ(), mainVariable+"=1")
	in, err := c.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill() })
	return c, in
}

func TestSignalsEndTheProcess(t *testing.T) {
	for name, c := range map[string]struct {
		signal os.Signal
		args   []string
	}{
		"an interrupt, though standard input blocks": {os.Interrupt, []string{"classify", "-"}},
		"a SIGTERM, though standard input blocks":    {syscall.SIGTERM, []string{"classify", "-"}},
		"a second interrupt, though nothing listens": {os.Interrupt, []string{"predict", "--input", "-", "--output", filepath.Join(t.TempDir(), "y.npy")}},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := process(t, c.args...)
			ended := make(chan error, 1)
			go func() { ended <- p.Wait() }()
			for {
				select {
				case err := <-ended:
					require.Error(t, err)
					return
				case <-time.After(300 * time.Millisecond):
					_ = p.Process.Signal(c.signal)
				}
			}
		})
	}
}

func TestAFullDiskIsReported(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("the system has no /dev/full")
	}
	defer full.Close()
	folder := folderOf(t, 3, 0)
	for _, form := range []string{"--csv", "--json"} {
		var errs bytes.Buffer
		require.Equal(t, failed, run(t.Context(), []string{"classify", form, folder}, nil, full, &errs))
		require.Contains(t, errs.String(), "no space left on device")
	}
}

func TestFilesThatVanishOrCannotBeReadAreReportedAndTheRestGoesOn(t *testing.T) {
	folder := folderOf(t, 4, 0)
	require.NoError(t, os.Symlink("nowhere", filepath.Join(folder, "00001b.png")))
	require.NoError(t, os.Mkdir(filepath.Join(folder, "locked"), 0o000))
	bell := filepath.Join(folder, "0\x1b[2J.png")
	require.NoError(t, os.WriteFile(bell, []byte("no picture"), 0o644))
	r := vkeras(t, nil, "classify", "--json", folder)
	require.Equal(t, failed, r.status)
	var got classified
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
	require.Len(t, got.Pictures, 4)
	require.GreaterOrEqual(t, len(got.Failed), 2)
	require.Contains(t, r.stderr, "no such file")
	require.NotContains(t, r.stderr, "\x1b", "a file's name is no command to a terminal")
	require.Contains(t, r.stderr, `\x1b[2J.png"`)
}

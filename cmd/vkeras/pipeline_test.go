package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/nn"
)

// folderOf makes a folder of n pictures, copies of the samples in turn; every
// bad-th is none.
func folderOf(t *testing.T, n, bad int) string {
	folder := t.TempDir()
	sources, err := filepath.Glob(filepath.Join(samples, "*.png"))
	require.NoError(t, err)
	for i := range n {
		b, err := os.ReadFile(sources[i%len(sources)])
		require.NoError(t, err)
		if bad > 0 && i%bad == bad-1 {
			b = b[:20]
		}
		require.NoError(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("%05d.png", i)), b, 0o644))
	}
	return folder
}

func TestAnswersDoNotDependOnBatchesAndComeInOrder(t *testing.T) {
	folder := folderOf(t, 22, 7)
	var want classified
	for i, batch := range []string{"3", "16", "64"} {
		r := vkeras(t, nil, "classify", "--json", "--top", "6", "--batch", batch, folder)
		require.Equal(t, failed, r.status, r.stderr)
		var got classified
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &got), r.stderr)
		require.Len(t, got.Failed, 3)
		require.Len(t, got.Pictures, 19)
		for n, p := range got.Pictures[1:] {
			require.Less(t, got.Pictures[n].File, p.File)
		}
		if i == 0 {
			want = got
			continue
		}
		require.Equal(t, want.Failed, got.Failed)
		for n, p := range got.Pictures {
			require.Equal(t, want.Pictures[n].File, p.File)
			for c, class := range p.Classes {
				require.Equal(t, want.Pictures[n].Classes[c].Index, class.Index, p.File)
				require.InDelta(t, want.Pictures[n].Classes[c].Score, class.Score, 1e-5, "kernels for other batches add in another order")
			}
		}
	}
}

func TestAFolderIsAccountedFor(t *testing.T) {
	r := vkeras(t, nil, "classify", "--csv", "--batch", "4", folderOf(t, 9, 0))
	require.Equal(t, ok, r.status, r.stderr)
	require.Regexp(t, `(?m)^9 pictures in [\d.]+ s: [\d.]+ a second; .* was the ceiling$`, r.stderr)
	rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 10)
}

// counting is an engine that counts, and fails after some runs.
type counting struct {
	engine.Net
	runs  *atomic.Int32
	after int32
	then  func() error
}

func (c counting) Run(ctx context.Context, x *nn.Tensor) (*nn.Tensor, error) {
	if c.runs.Add(1) > c.after {
		if err := c.then(); err != nil {
			return nil, err
		}
	}
	return c.Net.Run(ctx, x)
}

// classifying returns a classifier of the demo model, and its engine.
func classifying(t *testing.T, files []string) (*classifier, engine.Net) {
	k := &classifier{pictureInput: pictureInput{tool: &tool{stdout: io.Discard, stderr: io.Discard, quiet: true}, filter: "nearest", maxPixels: 1 << 20}, top: 1}
	k.device = deviceFlags{batch: 2}
	m, name, err := k.model.open()
	require.NoError(t, err)
	require.NoError(t, k.prepare(m.Graph, name))
	e, err := k.device.open(k.tool, m.Graph, len(files))
	require.NoError(t, err)
	t.Cleanup(func() { e.Close() })
	return k, e
}

func TestAPipelineStopsAtOnceWhenCancelledOrFailed(t *testing.T) {
	files, err := listPictures([]string{folderOf(t, 400, 0)})
	require.NoError(t, err)
	k, e := classifying(t, files)
	lost := errors.New("the device was lost")
	full := errors.New("no space left")
	for name, c := range map[string]struct {
		fails, writeFails error
		cancels           bool
		want              error
	}{
		"a device that fails": {fails: lost, want: lost}, "a full disk": {writeFails: full, want: full}, "an interrupt": {cancels: true},
	} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var runs atomic.Int32
			stopping := counting{e, &runs, 3, func() error {
				if c.cancels {
					cancel()
				}
				return c.fails
			}}
			written := 0
			_, err := k.all(ctx, stopping, files, len(files), func(a []answer, _ []fault) error {
				written += len(a)
				return c.writeFails
			})
			require.ErrorIs(t, err, c.want)
			require.Less(t, int(runs.Load()), 20, "of 200 batches")
			require.Less(t, written, 40)
			if c.cancels {
				require.Equal(t, 2*int(runs.Load()), written, "what was in flight is finished")
			}
		})
	}
}

// endless is standard input that never says anything.
type endless struct{ closed chan struct{} }

func (e endless) Read([]byte) (int, error) {
	<-e.closed
	return 0, io.EOF
}

func TestAnInterruptEndsTheWaitForStandardInput(t *testing.T) {
	e := endless{make(chan struct{})}
	defer close(e.closed)
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	done := make(chan int)
	go func() { done <- run(ctx, []string{"classify", "-"}, e, &out, io.Discard) }()
	cancel()
	require.Equal(t, interrupted, <-done)
	require.Empty(t, out.String())
}

func TestStreamedJSONIsTheDocumentAsAWhole(t *testing.T) {
	answers := []answer{{"a.png", 1, 2, []class{{1, "<b>", 0.5}, {0, "\"pictures\": []", 0.25}}}, {"b.png", 3, 4, []class{}}, {"c.png", 5, 6, nil}}
	faults := []fault{{"x", "why"}, {"y", "not"}}
	for n := range answers {
		for m := range faults {
			var got, want bytes.Buffer
			head := answersJSON{Schema: "s", Pictures: []answer{}, Failed: []fault{}}
			j := &jsonAnswers{w: &got, head: head}
			for i := range n {
				require.NoError(t, j.write(answers[i:i+1], faults[min(i, m):min(i+1, m)]))
			}
			require.NoError(t, j.write(nil, faults[min(n, m):m]))
			require.NoError(t, j.close())
			head.Pictures, head.Failed = append(head.Pictures, answers[:n]...), append(head.Failed, faults[:m]...)
			require.NoError(t, (&tool{stdout: &want}).writeJSON(head))
			require.Equal(t, want.String(), got.String())
		}
	}
}

func TestALongTableIsWrittenInPagesOfOneWidth(t *testing.T) {
	var out bytes.Buffer
	w := &tableAnswers{classifier: &classifier{pictureInput: pictureInput{tool: &tool{stdout: &out}, score: "probability"}}}
	for i := range 2*pageRows + 10 {
		require.NoError(t, w.write([]answer{{fmt.Sprintf("picture%04d.png", i), 1, 1, []class{{0, "cat", 0.5}}}}, nil))
		require.LessOrEqual(t, len(w.rows), pageRows)
	}
	require.NoError(t, w.close())
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	require.Len(t, lines, 2+2*pageRows+10, "one heading, a line under it")
	require.Equal(t, 1, strings.Count(out.String(), "probability"))
	for _, l := range lines[pageRows+2:] {
		require.Equal(t, len(lines[pageRows+1]), len(l), l)
	}
}

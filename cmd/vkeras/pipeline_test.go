package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/classify"
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

func TestALongTableIsWrittenInPagesOfOneWidth(t *testing.T) {
	var out bytes.Buffer
	w := &tableAnswers{w: &out, score: "probability"}
	for i := range 2*pageRows + 10 {
		a := &classify.Answer{Item: classify.Item{Path: fmt.Sprintf("picture%04d.png", i)}, Index: -1, Classes: []classify.Class{{Label: "cat", Score: 0.5}}}
		require.NoError(t, w.Write([]*classify.Answer{a}))
		require.LessOrEqual(t, len(w.rows), pageRows)
	}
	require.NoError(t, w.Close())
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	require.Len(t, lines, 2+2*pageRows+10, "one heading, a line under it")
	require.Equal(t, 1, strings.Count(out.String(), "probability"))
	for _, l := range lines[pageRows+2:] {
		require.Equal(t, len(lines[pageRows+1]), len(l), l)
	}
}

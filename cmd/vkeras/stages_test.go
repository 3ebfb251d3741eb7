package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/nn"
)

func TestTheCeilingIsTheStageThatWorkedMost(t *testing.T) {
	for want, s := range map[string]*stages{
		"input":  {input: 9 * time.Second, write: time.Second},
		"device": {device: stopwatch{total: 8 * time.Second}, write: 3 * time.Second},
		"write":  {write: 7 * time.Second},
		"decode": {device: stopwatch{total: 8 * time.Second}},
	} {
		s.wall, s.cores, s.answered, s.failed = 10*time.Second, 4, 18, 2
		s.decode.Store(int64(20 * time.Second)) // of 40
		if want == "decode" {
			s.decode.Store(int64(36 * time.Second))
		}
		s.queue.Store(int64(100 * time.Second)) // 20 pictures wait side by side
		r := s.report()
		require.Equal(t, want, r.Ceiling)
		require.InDelta(t, 2, r.PerSecond, 1e-9)
		require.InDelta(t, 5000, r.Stages.Queue.Picture, 1e-9)
		require.Nil(t, r.Stages.Queue.Busy, "waiting is no work")
		require.InDelta(t, r.Stages.Decode.Seconds/40, *r.Stages.Decode.Busy, 1e-9)
		require.Contains(t, r.text(), "20 pictures in 10.0 s: 2.0 a second; "+ceilings[want])
	}
}

func TestStatsSayWhereTheTimeWent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "stats.json")
	folder := folderOf(t, 13, 6)
	list, err := listPictures([]string{folder})
	require.NoError(t, err)
	for command, c := range map[string]struct {
		status int
		args   []string
	}{
		"classify": {failed, []string{"classify", "--csv", folder}},
		"worker":   {ok, []string{"worker", "--allow-cpu"}},
	} {
		r := vkeras(t, strings.NewReader(strings.Join(list, "\n")), append(c.args, "--batch", "4", "--stats", file)...)
		require.Equal(t, c.status, r.status, r.stderr)
		require.Regexp(t, `(?m)^13 pictures in .* was the ceiling$`, r.stderr)
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		var s statsJSON
		require.NoError(t, json.Unmarshal(b, &s))
		require.Equal(t, []any{"vkeras.stats/1", command, 11, 2, 4}, []any{s.Schema, s.Command, s.Answered, s.Failed, s.Batch})
		require.NotEmpty(t, s.Device)
		for name, stage := range map[string]stageJSON{"decode": s.Stages.Decode, "queue": s.Stages.Queue, "device": s.Stages.Device, "write": s.Stages.Write} {
			require.Positive(t, stage.Seconds, name)
			require.InDelta(t, stage.Seconds*1e3/13, stage.Picture, 1e-6, name)
		}
		for _, stage := range []stageJSON{s.Stages.Input, s.Stages.Decode, s.Stages.Device, s.Stages.Write} {
			require.LessOrEqual(t, *stage.Busy, 1.0)
		}
		r = vkeras(t, strings.NewReader(list[0]), append(c.args, "--quiet", "--stats", filepath.Join(folder, "no", "s.json"))...)
		require.Equal(t, failed, r.status)
		require.Contains(t, r.stderr, "--stats: ")
		require.NotContains(t, r.stderr, "ceiling")
	}
}

func TestBatchesAreFullThoughPicturesFail(t *testing.T) {
	files, err := listPictures([]string{folderOf(t, 22, 7)})
	require.NoError(t, err)
	k, e := classifying(t, files)
	k.device.batch = 2
	var runs atomic.Int32
	failures := 0
	s, err := k.all(t.Context(), counting{e, &runs, 1 << 20, nil}, files, len(files), func(_ []answer, f []fault) error {
		failures += len(f)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 3, failures)
	require.EqualValues(t, 10, runs.Load(), "of 19 pictures")
	require.Equal(t, []int{19, 3}, []int{s.answered, s.failed}, fmt.Sprint(s.batches))
}

// meeting is an engine whose runs end in pairs.
type meeting struct {
	engine.Net
	runs chan struct{}
}

func (m meeting) Run(ctx context.Context, x *nn.Tensor) (*nn.Tensor, error) {
	select {
	case m.runs <- struct{}{}:
	case <-m.runs:
	case <-time.After(time.Minute):
		return nil, errors.New("no other batch came to the device")
	}
	return m.Net.Run(ctx, x)
}

func TestTheDeviceGetsABatchWhileItComputesAnother(t *testing.T) {
	files, err := listPictures([]string{folderOf(t, 12, 0)})
	require.NoError(t, err)
	k, e := classifying(t, files)
	s, err := k.all(t.Context(), meeting{e, make(chan struct{})}, files, len(files), func([]answer, []fault) error { return nil })
	require.NoError(t, err)
	require.Equal(t, 6, s.batches)
}

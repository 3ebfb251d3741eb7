package classify

import (
	"context"
	"errors"
	"fmt"
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
		require.Equal(t, []int{18, 2}, []int{r.Answered, r.Failed})
	}
}

func TestBatchesAreFullThoughPicturesFail(t *testing.T) {
	files, err := ListPictures([]string{folderOf(t, 22, 7)})
	require.NoError(t, err)
	net, o := classifying(t)
	var runs atomic.Int32
	failures := 0
	s, err := Run(t.Context(), counting{net, &runs, 1 << 20, nil}, Files(files...), o, func(b *Batch) error {
		failures += len(b.Answers) - b.Input().Shape[0]
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 3, failures)
	require.EqualValues(t, 10, runs.Load(), "of 19 pictures")
	require.Equal(t, []int{19, 3}, []int{s.Answered, s.Failed}, fmt.Sprint(s.Batches))
}

// meeting is a net whose runs end in pairs.
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
	files, err := ListPictures([]string{folderOf(t, 12, 0)})
	require.NoError(t, err)
	net, o := classifying(t)
	s, err := Run(t.Context(), meeting{net, make(chan struct{})}, Files(files...), o, func(*Batch) error { return nil })
	require.NoError(t, err)
	require.Equal(t, 6, s.Batches)
}

package explore

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
)

func testDesk(t *testing.T) *desk {
	t.Helper()
	d, err := newDesk(Options{Device: engine.CPU, Precision: nn.FP32})
	require.NoError(t, err)
	return d
}

// closing is a net that counts how many of its kind are open.
type closing struct{ open *int }

func (c closing) Close() error { *c.open--; return nil }

func TestOneComputationGoesOnAtATime(t *testing.T) {
	d := testDesk(t)
	var inside, ran atomic.Int32
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			err := d.alone(t.Context(), func() error {
				if inside.Add(1) != 1 {
					return io.ErrShortWrite
				}
				defer inside.Add(-1)
				ran.Add(1)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 20, ran.Load())
	require.NoError(t, d.close())
	require.ErrorContains(t, d.alone(t.Context(), func() error { return nil }), "ending")
}

func TestWhoWaitsMayGiveUp(t *testing.T) {
	d := testDesk(t)
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, d.alone(t.Context(), func() error {
		cancel()
		require.ErrorIs(t, d.alone(ctx, func() error { panic("it was not its turn") }), context.Canceled)
		return nil
	}))
	require.NoError(t, d.close())
}

func TestNetsMakeRoomForOthers(t *testing.T) {
	d := testDesk(t)
	open, loads := 0, 0
	use := func(i int) {
		_, err := loaded(d, choice{engine.CPU, nn.FP32}, fmt.Sprint(i), func(engine.Device) (closing, error) {
			open++
			loads++
			return closing{&open}, nil
		})
		require.NoError(t, err)
		require.LessOrEqual(t, open, most)
	}
	for i := range 10 {
		use(i)
		use(0) // never the one that was not used for longest
	}
	require.Equal(t, 10, loads)
	use(1)
	require.Equal(t, 11, loads, "the second was closed long ago")
	require.NoError(t, d.close())
	require.Zero(t, open)
}

func TestNetsMakeRoomWhereMemoryIsShort(t *testing.T) {
	d := testDesk(t)
	open := 0
	load := func(engine.Device) (closing, error) {
		if open == 2 {
			return closing{}, fmt.Errorf("load: %w", gpu.ErrOutOfMemory)
		}
		open++
		return closing{&open}, nil
	}
	for i := range 3 {
		_, err := loaded(d, choice{engine.CPU, nn.FP32}, fmt.Sprint(i), load)
		require.NoError(t, err)
	}
	require.Equal(t, 1, open)
	require.NoError(t, d.close())
}

func TestALostDeviceIsOpenedAnew(t *testing.T) {
	d := testDesk(t)
	open := 0
	load := func(engine.Device) (closing, error) {
		open++
		return closing{&open}, nil
	}
	use := func(failure error) error {
		return d.alone(t.Context(), func() error {
			if _, err := loaded(d, choice{engine.CPU, nn.FP32}, "net", load); err != nil {
				return err
			}
			return failure
		})
	}
	require.ErrorIs(t, use(fmt.Errorf("run: %w", gpu.ErrDeviceLost)), gpu.ErrDeviceLost)
	require.Zero(t, open)
	require.NoError(t, use(nil))
	require.Equal(t, 1, open)
	require.NoError(t, d.close())
}

func TestResultsAreForgottenInTime(t *testing.T) {
	var m memo
	computed := 0
	get := func(key, bytes int) {
		v, err := remembered(&m, key, func() (int, int, error) { computed++; return key, bytes, nil })
		require.NoError(t, err)
		require.Equal(t, key, v)
	}
	for key := range 100 {
		get(key, 10)
		get(key, 10)
	}
	require.Equal(t, 100, computed)
	require.Len(t, m.list, mostResults)
	get(1000, mostResultBytes+1) // alone is too much, and is still kept for who asks for its parts
	require.Len(t, m.list, 1)
	get(1001, 1)
	require.Len(t, m.list, 1)
}

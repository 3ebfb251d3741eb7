package gpu

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
)

// resident returns the bytes of memory that the process has of the system's.
func resident(t *testing.T) int {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("the system does not say what is resident")
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	require.NoError(t, err)
	return pages * os.Getpagesize()
}

// VKERAS_RUNS=100000 runs that often, which takes minutes.
func TestRunsLeaveNothingBehind(t *testing.T) {
	t.Setenv(ValidationVariable, "0") // the layer itself keeps records
	runs := 2000
	if optest.Race {
		t.Skip("the race detector remembers every run")
	}
	if n, err := strconv.Atoi(os.Getenv("VKERAS_RUNS")); err == nil {
		runs = n
	}
	d := openTest(t)
	g, in, want := smallNet(t)
	n, err := Load(d, g, Options{Batch: 2})
	require.NoError(t, err)
	defer n.Close()
	run := func(times int) {
		for range times {
			out, err := n.RunAll(t.Context(), in)
			require.NoError(t, err)
			optest.RequireClose(t, nn.FP32, out, want)
		}
	}
	run(1000)
	before := resident(t)
	run(runs)
	grown := resident(t) - before
	t.Logf("%d runs: resident %d KiB, then %+d KiB", runs, before>>10, grown>>10)
	// The collector's breath is a few MiB; a leak of one handle a run is 100 bytes or more.
	require.Less(t, grown, 8<<20)
}

func TestClosingFromManyGoroutinesClosesOnce(t *testing.T) {
	defer goleak.VerifyNone(t)
	g, in, want := smallNet(t)
	for range 20 {
		d, err := Open(Default())
		require.NoError(t, err)
		var nets []*Net
		for range 3 {
			n, err := Load(d, g, Options{Batch: 2})
			require.NoError(t, err)
			nets = append(nets, n)
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		var closed []error
		keep := func(err error) {
			mu.Lock()
			defer mu.Unlock()
			closed = append(closed, err)
		}
		for range 3 {
			all.Go(func() { keep(d.Close()) })
			for _, n := range nets {
				all.Go(func() { keep(n.Close()) })
				all.Go(func() {
					out, err := n.RunAll(t.Context(), in)
					if err == nil {
						optest.RequireClose(t, nn.FP32, out, want)
					} else if !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		succeeded := 0
		for _, err := range closed {
			if err == nil {
				succeeded++
			} else {
				require.ErrorIs(t, err, ErrClosed)
			}
		}
		require.Equal(t, 1+len(nets), succeeded, "each closes once")
	}
}

func TestEverythingAfterCloseIsAnError(t *testing.T) {
	g, in, _ := smallNet(t)
	d, err := Open(Default())
	require.NoError(t, err)
	n, err := Load(d, g, Options{Batch: 2, Keep: true, LayerByLayer: true})
	require.NoError(t, err)
	require.NoError(t, n.Close())
	require.NoError(t, d.Close())
	_, err = n.RunAll(t.Context(), in)
	require.ErrorIs(t, err, ErrClosed)
	_, err = n.Run(t.Context(), in[0])
	require.ErrorIs(t, err, ErrClosed)
	_, err = n.Profile(t.Context(), in, NoClock)
	require.ErrorIs(t, err, ErrClosed)
	require.ErrorIs(t, n.Observe(t.Context(), in, nil), ErrClosed)
	require.ErrorIs(t, n.Isolate(t.Context(), 2, nil, nil), ErrClosed)
	require.ErrorIs(t, n.Close(), ErrClosed)
	_, err = Load(d, g, Options{})
	require.ErrorIs(t, err, ErrClosed)
	require.ErrorIs(t, d.Close(), ErrClosed)
}

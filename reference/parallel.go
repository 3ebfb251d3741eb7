package reference

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// chunk is how many elements a goroutine takes at a time where one element
// costs little.
const chunk = 1 << 14

// parallel covers the positions 0 <= i < n with calls of f(from, to), of at
// most grain positions each, on up to GOMAXPROCS goroutines. It returns when
// all calls have: with ctx's error if ctx was done, for some positions are
// then left out.
func parallel(ctx context.Context, n, grain int, f func(from, to int)) error {
	var next atomic.Int64
	work := func() {
		for ctx.Err() == nil {
			from := int(next.Add(1)-1) * grain
			if from >= n {
				return
			}
			f(from, min(from+grain, n))
		}
	}
	calls := (n + grain - 1) / grain
	var others sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), calls) - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
	return ctx.Err()
}

// rowsOf returns how many rows of that length make a chunk.
func rowsOf(length int) int { return max(1, chunk/length) }

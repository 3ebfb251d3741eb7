package hostile

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/stretchr/testify/require"
)

// The bounds: reading a file of n bytes takes at most FreeBytes +
// BytesPerByte x n bytes of memory, and MostTime of a processor.
const (
	FreeBytes    = 256 << 20
	BytesPerByte = 4
)

// Within requires that read, which reads a file of that many bytes and nothing
// else that is large, keeps the bounds. Nothing else may run meanwhile.
//
// What read allocates in all is counted first, since it bounds what it holds;
// only where that is too much does it run again, with what it holds sampled.
func Within(t require.TestingT, fileBytes int, read func()) {
	bound := uint64(FreeBytes + BytesPerByte*fileBytes)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := cpuTime()
	read()
	elapsed := cpuTime() - start
	runtime.ReadMemStats(&after)
	require.Less(t, elapsed, MostTime, "processor time for %d bytes", fileBytes)
	if after.TotalAlloc-before.TotalAlloc <= bound {
		return
	}
	require.LessOrEqual(t, peak(read), bound, "most bytes held for a file of %d", fileBytes)
}

// peak returns the most bytes that the heap held for run, sampled.
func peak(run func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	runtime.GC()
	stop, most := make(chan struct{}), make(chan uint64)
	base := held()
	go func() {
		var highest uint64
		for {
			select {
			case <-stop:
				most <- highest
				return
			case <-time.After(100 * time.Microsecond):
				highest = max(highest, held())
			}
		}
	}()
	run()
	close(stop)
	return max(<-most, base) - base
}

func held() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

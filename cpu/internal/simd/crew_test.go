package simd_test

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/cpu/internal/simd"
)

// crewOf returns a crew of the fastest set with its workers, and what ends it.
func crewOf(t *testing.T, threads int) (*simd.Set, *simd.Crew, func()) {
	set := simd.Sets()[0]
	crew, err := set.NewCrew(threads)
	require.NoError(t, err)
	if crew == nil {
		t.Skip("built without cgo: there are no kernels in C")
	}
	memory, err := simd.Allocate(int64(threads * set.Scratch))
	require.NoError(t, err)
	var workers sync.WaitGroup
	for i := 1; i < threads; i++ {
		workers.Go(func() { crew.Work(i, unsafe.Pointer(&memory.Bytes()[i*set.Scratch])) })
	}
	return set, crew, func() {
		crew.Close()
		workers.Wait()
		crew.Free()
		memory.Free()
	}
}

// counting returns steps of so many calls each, where every call adds one to its own
// part of a line of numbers, and to a number that the step before has written too: a
// call that is left out, or done twice, or early, shows in the line behind the last.
func counting(memory *simd.Memory, parts int, tiles []int) [][]simd.Call {
	row := func(i int) *float32 { return memory.Float(int64(4 * parts * i)) }
	one := memory.Float(0)
	var steps [][]simd.Call
	for i, n := range tiles {
		var calls []simd.Call
		for tile := range n {
			from, to := tile*parts/n, (tile+1)*parts/n
			x, y := unsafe.Add(unsafe.Pointer(row(i+1)), 4*from), unsafe.Add(unsafe.Pointer(row(i+2)), 4*from)
			calls = append(calls, &simd.Map{
				Kind: simd.Add, X: (*float32)(x), Other: one, Y: (*float32)(y), Rows: int64(to - from), Columns: 1, XStep: 1, YStep: 1, Highest: 1e9,
			})
		}
		steps = append(steps, calls)
	}
	return steps
}

func TestACrewDoesEveryCallOnceAndStepsInTurn(t *testing.T) {
	const parts, most = 64, 40
	for _, threads := range []int{1, 2, 3, 7} {
		set, crew, end := crewOf(t, threads)
		rng := rand.New(rand.NewPCG(1, uint64(threads)))
		var freed []func()
		for range 20 {
			tiles := make([]int, 1+rng.IntN(most))
			for i := range tiles {
				tiles[i] = 1 + rng.IntN(parts)
			}
			memory, err := simd.Allocate(4 * parts * (most + 2))
			require.NoError(t, err)
			*memory.Float(0) = 1
			q, err := set.NewSequence(counting(memory, parts, tiles), threads)
			require.NoError(t, err)
			freed = append(freed, q.Free, memory.Free)
			scratch := make([]byte, set.Scratch+1)
			for run := range 30 {
				first := memory.Floats(4*parts, parts)
				for i := range first {
					first[i] = float32(run * 100)
				}
				from := run % len(tiles)
				copy(memory.Floats(int64(4*parts*(from+1)), parts), first)
				require.NoError(t, crew.Run(t.Context(), q, from, len(tiles)-from, unsafe.Pointer(&scratch[0])))
				for _, v := range memory.Floats(int64(4*parts*(len(tiles)+1)), parts) {
					require.Equal(t, float32(run*100+len(tiles)-from), v, "%d threads", threads)
				}
			}
		}
		end()
		for _, f := range freed {
			f()
		}
	}
}

func TestACrewStopsBetweenTwoStepsAndGoesOnAfterwards(t *testing.T) {
	set, crew, end := crewOf(t, 3)
	const floats, steps = 1 << 18, 2000
	memory, err := simd.Allocate(8 * floats)
	require.NoError(t, err)
	one := []simd.Call{}
	for i := range 5 {
		at, n := i*floats/5, (i+1)*floats/5-i*floats/5
		one = append(one, &simd.Map{X: memory.Float(int64(4 * at)), Y: memory.Float(int64(4 * (floats + at))), Rows: 1, Columns: int64(n), Highest: 1e9})
	}
	all := make([][]simd.Call, steps)
	for i := range all {
		all[i] = one
	}
	q, err := set.NewSequence(all, 3)
	require.NoError(t, err)
	scratch := make([]byte, set.Scratch+1)
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		if err := crew.Run(ctx, q, 0, steps, unsafe.Pointer(&scratch[0])); err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		cancel()
		// No call is under way: what is written now stays.
		y := memory.Floats(4*floats, floats)
		for i := range y {
			y[i] = -1
		}
		time.Sleep(time.Millisecond)
		require.Equal(t, [2]float32{-1, -1}, [2]float32{slices.Min(y), slices.Max(y)})
		require.NoError(t, crew.Run(t.Context(), q, 0, 3, unsafe.Pointer(&scratch[0])))
		require.Equal(t, [2]float32{}, [2]float32{slices.Min(y), slices.Max(y)})
	}
	end()
	q.Free()
	memory.Free()
}

// The race detector does not see what threads do in C.
func TestACrewIsCleanUnderTheThreadSanitizer(t *testing.T) {
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	program := filepath.Join(t.TempDir(), "crew")
	build := exec.Command(cc, "-O1", "-g", "-fsanitize=thread", "-o", program, "testdata/crew.c", "crew.c", "-lpthread")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("%s builds nothing with its thread sanitizer: %s", cc, out)
	}
	out, err := exec.Command(program).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, "2000 runs\n", string(out))
}

package hostile

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// failure records that a requirement failed.
type failure struct{ failed bool }

var errFailed = errors.New("failed")

func (f *failure) Errorf(string, ...any) { f.failed = true }
func (f *failure) FailNow()              { panic(errFailed) }

func fails(fileBytes int, read func()) bool {
	var f failure
	func() {
		defer func() {
			if p := recover(); p != nil && p != errFailed {
				panic(p)
			}
		}()
		Within(&f, fileBytes, read)
	}()
	return f.failed
}

func TestHoldingMoreThanTheBoundFails(t *testing.T) {
	hold := func(bytes int) func() {
		return func() {
			b := make([]byte, bytes)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			time.Sleep(20 * time.Millisecond) // for the sampler
			runtime.KeepAlive(b)
		}
	}
	require.False(t, fails(0, hold(FreeBytes-16<<20)))
	require.True(t, fails(0, hold(FreeBytes+32<<20)))
	require.False(t, fails(16<<20, hold(FreeBytes+32<<20)), "a larger file allows more")
}

func TestWhatIsLetGoDoesNotCount(t *testing.T) {
	require.False(t, fails(0, func() {
		for range 40 {
			b := make([]byte, 16<<20)
			b[len(b)-1] = 1
			runtime.KeepAlive(b)
		}
	}))
}

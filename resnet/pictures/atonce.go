package pictures

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// DefaultPixelsAtOnce bounds the pictures that are decoded side by side to a few
// GiB: a pixel takes 1.5 to 15 bytes, the most in a progressive JPEG without
// subsampling.
const DefaultPixelsAtOnce = 1 << 28

// AtOnce returns a [DecodeOptions.Admit] that lets pictures be decoded side by side
// as long as they have so many pixels together, and a larger one alone. It waits
// without a context: those before end in any case.
func AtOnce(pixels int64) func(pixels int64) (release func(), err error) {
	room := semaphore.NewWeighted(pixels)
	return func(n int64) (func(), error) {
		n = min(n, pixels)
		if err := room.Acquire(context.Background(), n); err != nil {
			return nil, err
		}
		return func() { room.Release(n) }, nil
	}
}

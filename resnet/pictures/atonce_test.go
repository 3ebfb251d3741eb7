package pictures

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPicturesWaitWhileThoseBeingDecodedAreTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		admit := AtOnce(DefaultPixelsAtOnce)
		release, err := admit(3 * DefaultPixelsAtOnce)
		require.NoError(t, err, "one of any size goes alone")
		var admitted atomic.Int32
		for range 2 {
			go func() {
				end, err := admit(DefaultPixelsAtOnce / 2)
				assert.NoError(t, err)
				admitted.Add(1)
				defer end()
			}()
			synctest.Wait()
		}
		require.Zero(t, admitted.Load())
		release()
		synctest.Wait()
		require.EqualValues(t, 2, admitted.Load())
	})
}

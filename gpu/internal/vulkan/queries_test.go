//go:build cgo

package vulkan

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
)

func TestTimestampsWrapAroundAtTheirBits(t *testing.T) {
	p := Physical{Info: vkc.Info{TimestampNanoseconds: 2.5, QueueFamilies: []vkc.QueueFamily{{TimestampBits: 36}}}}
	since := p.Ticker()
	require.Equal(t, 250*time.Nanosecond, since(7, 107))
	require.Equal(t, 250*time.Nanosecond, since(1<<36-50, 50), "a wrap")
	require.Equal(t, 250*time.Nanosecond, since(1<<36-50, 1<<36+50), "bits beyond are noise")
}

//go:build !cgo

package vulkan

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWithoutCgoThereIsNoVulkanAndTheErrorSaysWhy(t *testing.T) {
	_, err := Acquire()
	require.ErrorIs(t, err, ErrNoVulkan)
	require.ErrorContains(t, err, "built without cgo")
	require.ErrorContains(t, Library("libvulkan.so.1"), "built without cgo")
	require.Zero(t, Users())
}

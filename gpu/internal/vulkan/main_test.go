//go:build cgo

package vulkan

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMain runs every test under the validation layer, where that is installed,
// and fails when it had anything to say.
func TestMain(m *testing.M) {
	if os.Getenv(ValidationVariable) == "" {
		os.Setenv(ValidationVariable, "1")
	}
	code := m.Run()
	for _, message := range ValidationMessages() {
		fmt.Fprintln(os.Stderr, "validation layer:", message)
		code = 1
	}
	os.Exit(code)
}

// open opens the first device.
func open(t *testing.T) *Device {
	instance, err := Acquire()
	require.NoError(t, err)
	all, err := List(instance)
	require.NoError(t, err)
	require.NotEmpty(t, all)
	d, err := Open(all[0], false)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

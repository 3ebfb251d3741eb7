// Package kerasdata reads what tools/keras wrote with real Keras, for the
// tests that compare with it.
package kerasdata

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/nn"
)

// ReadNPY reads a .npy file of floats.
func ReadNPY(t testing.TB, name string) *nn.Tensor {
	t.Helper()
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	a, err := npy.NewReader(f)
	require.NoError(t, err)
	x := nn.NewTensor(a.Shape...)
	require.NoError(t, a.Read(x.Data))
	return x
}

// OutputFile names the file of a fixture's i-th output.
func OutputFile(i int) string {
	if i == 0 {
		return "output.npy"
	}
	return fmt.Sprintf("output.%d.npy", i)
}

package loader

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/kerasdata"
	"github.com/vkeras/vkeras/nn"
)

const demoFile = "../testdata/demo/signs_resnet50.h5"

func TestDeferredWeightsAreThoseOfTheFile(t *testing.T) {
	whole, err := Open(demoFile)
	require.NoError(t, err)
	require.NoError(t, whole.Close(), "nothing is open")
	m, err := Open(demoFile, WithDeferredWeights(nil))
	require.NoError(t, err)
	want, deferred := whole.Graph.Params(), 0
	for i, p := range m.Graph.Params() {
		v := *p.Value
		if !v.IsDeferred() {
			require.Equal(t, (*want[i].Value).Data, v.Data)
			continue
		}
		deferred += v.Shape.Len()
		op, err := nn.Load(p.Node.Op, func(n int) []float32 { return make([]float32, n) })
		require.NoError(t, err)
		for _, q := range op.Params(p.Node.InputShapes()) {
			if q.Role == p.Role {
				require.Equal(t, (*want[i].Value).Data, (*q.Value).Data, p.Node.Name)
			}
		}
	}
	total, _ := whole.Graph.Parameters()
	require.Greater(t, deferred, int(total)*95/100, "nearly all of the weights stay in the file")
	require.NoError(t, m.Close())
	for _, p := range m.Graph.Params() {
		if (*p.Value).IsDeferred() {
			_, err = nn.Load(p.Node.Op, func(n int) []float32 { return make([]float32, n) })
			break
		}
	}
	require.ErrorIs(t, err, os.ErrClosed)
}

func TestDamagedDeferredWeightsAreErrorsWhenTheyAreRead(t *testing.T) {
	file, err := os.ReadFile(demoFile)
	require.NoError(t, err)
	caught := 0
	for at := len(file) / 3; at < len(file)*2/3; at += len(file) / 24 { // nearly all of the file is compressed kernels
		bad := bytes.Clone(file)
		bad[at] ^= 0x55
		m, err := Read(bytes.NewReader(bad), int64(len(bad)), WithDeferredWeights(nil))
		if err != nil {
			continue // what is read at once is damaged
		}
		for _, p := range m.Graph.Params() {
			if _, err := nn.Load(p.Node.Op, func(n int) []float32 { return make([]float32, n) }); err != nil {
				require.ErrorIs(t, err, ErrFormat)
				require.ErrorContains(t, err, p.Node.Layer+`": kernel`)
				caught++
				break
			}
		}
	}
	require.GreaterOrEqual(t, caught, 4)
}

func TestDeferredWeightsThatAreNotFiniteAreToldOnce(t *testing.T) {
	file := kerasdata.WithNaN(t, demoFile)
	whole, err := Read(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	require.Len(t, whole.NotFinite, 1)

	var told []string
	m, err := Read(bytes.NewReader(file), int64(len(file)), WithDeferredWeights(func(weights string) { told = append(told, weights) }))
	require.NoError(t, err)
	require.Empty(t, m.NotFinite)
	require.Empty(t, told)
	for range 2 {
		for _, p := range m.Graph.Params() {
			_, err := nn.Load(p.Node.Op, func(n int) []float32 { return make([]float32, n) })
			require.NoError(t, err)
		}
	}
	require.Equal(t, whole.NotFinite, told)
}

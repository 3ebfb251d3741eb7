package loader

import (
	"bytes"
	"math"
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

// A dense layer's kernel of 32,568 numbers that lie in the file as in memory.
func TestDeferredWeightsAreReadInPieces(t *testing.T) {
	file, err := os.ReadFile("../testdata/keras/transposed_tfkeras/model.legacy.h5")
	require.NoError(t, err)
	kernel := func(file []byte, told *[]string) *nn.Tensor {
		m, err := Read(bytes.NewReader(file), int64(len(file)), WithDeferredWeights(func(weights string) { *told = append(*told, weights) }))
		require.NoError(t, err)
		for _, p := range m.Graph.Params() {
			if (*p.Value).IsDeferred() {
				return *p.Value
			}
		}
		require.Fail(t, "nothing is deferred")
		return nil
	}
	read := func(k *nn.Tensor) (all []float32, largest int) {
		next := k.Pieces(func(n int) []float32 { largest = max(largest, n); return make([]float32, n) })
		for left := k.Shape.Len(); left > 0; left -= 1000 {
			piece, err := next(min(left, 1000))
			require.NoError(t, err)
			all = append(all, piece...)
		}
		return all, largest
	}
	var told []string
	sound := kernel(file, &told)
	whole, err := sound.Load(func(n int) []float32 { return make([]float32, n) })
	require.NoError(t, err)
	values, largest := read(sound)
	require.Equal(t, whole.Data, values)
	require.Equal(t, 1000, largest, "numbers in memory at once")
	require.Empty(t, told)

	at := bytes.Index(file, bitsOf(values[20000:20004]))
	require.Positive(t, at)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	broken := bytes.Clone(file)
	copy(broken[at:], bitsOf([]float32{nan, 1, inf}))
	for range 2 {
		k := kernel(broken, &told)
		read(k)
		read(k)
		require.Len(t, told, 1)
		require.Contains(t, told[0], "1 NaN, 1 infinite")
		told = nil
	}
}

func TestFiniteLooksAtEveryNumber(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for n := range 20 {
		values := make([]float32, n)
		for i := range values {
			values[i] = math.MaxFloat32 * float32(1-2*(i%2))
		}
		require.True(t, finite(values))
		for i := range values {
			for _, bad := range []float32{nan, inf, -inf} {
				was := values[i]
				values[i] = bad
				require.False(t, finite(values), "%v at %d of %d", bad, i, n)
				values[i] = was
			}
		}
	}
}

func bitsOf(values []float32) (b []byte) {
	for _, v := range values {
		bits := math.Float32bits(v)
		b = append(b, byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24))
	}
	return b
}

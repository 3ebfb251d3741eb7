package hdf5

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// demoPath is a ResNet-50 that Keras saved, every dataset gzipped.
const demoPath = "../../testdata/demo/signs_resnet50.h5"

// demoParameters is what Keras's count_params gives for it: 23587712 below the
// classifier, 2048 x 6 + 6 in it.
const demoParameters = 23_600_006

func openDemo(t testing.TB) *Group {
	file, err := os.Open(demoPath)
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	info, err := file.Stat()
	require.NoError(t, err)
	f, err := Open(file, info.Size())
	require.NoError(t, err)
	weights, err := f.Root().Group("model_weights")
	require.NoError(t, err)
	return weights
}

// readWeights reads every weight that the layers' attributes name.
func readWeights(t testing.TB, weights *Group) (parameters int) {
	names, err := weights.Attr("layer_names")
	require.NoError(t, err)
	layers, err := names.Strings()
	require.NoError(t, err)
	for _, layer := range layers {
		group, err := weights.Group(layer)
		require.NoError(t, err)
		names, err := group.Attr("weight_names")
		require.NoError(t, err)
		paths, err := names.Strings()
		require.NoError(t, err)
		for _, path := range paths {
			d, err := group.Dataset(path)
			require.NoError(t, err)
			elements := 1
			for _, n := range d.Shape() {
				elements *= n
			}
			require.NoError(t, d.ReadFloat32(make([]float32, elements)))
			parameters += elements
		}
	}
	return parameters
}

func TestTheDemoModelHasAllItsParameters(t *testing.T) {
	require.Equal(t, demoParameters, readWeights(t, openDemo(t)))
}

func BenchmarkReadFloat32(b *testing.B) {
	b.Run("gzip_ResNet50", func(b *testing.B) {
		weights := openDemo(b)
		b.SetBytes(4 * demoParameters)
		for b.Loop() {
			readWeights(b, weights)
		}
	})
	b.Run("contiguous_94MB", func(b *testing.B) {
		const elements = 23_600_006
		path := b.TempDir() + "/contiguous.h5"
		require.NoError(b, os.WriteFile(path, contiguousFile(elements), 0o600))
		file, err := os.Open(path)
		require.NoError(b, err)
		defer file.Close()
		info, err := file.Stat()
		require.NoError(b, err)
		dst := make([]float32, elements)
		b.SetBytes(4 * elements)
		for b.Loop() {
			f, err := Open(file, info.Size())
			require.NoError(b, err)
			d, err := f.Root().Dataset("d")
			require.NoError(b, err)
			require.NoError(b, d.ReadFloat32(dst))
		}
	})
}

// contiguousFile is a file of one float32 dataset "d", contiguous and all zero:
// superblock 3, version 2 headers.
func contiguousFile(elements uint64) []byte {
	const superblockSize = 8 + 4 + 4*8 + 4
	summed := func(b []byte) []byte { return binary.LittleEndian.AppendUint32(b, lookup3(b)) }
	message := func(kind uint8, body []byte) []byte { return append(le(kind, uint16(len(body)), uint8(0)), body...) }
	header := func(messages []byte) []byte {
		return summed(append(append([]byte("OHDR\x02\x01"), le(uint16(len(messages)))...), messages...))
	}
	linkInfo := message(msgLinkInfo, le(uint8(0), uint8(0), uint64(undefined), uint64(undefined)))
	root := func(dataset uint64) []byte {
		return header(append(linkInfo, message(msgLink, le(uint8(1), uint8(0), uint8(1), uint8('d'), dataset))...))
	}
	datasetAt := uint64(superblockSize + len(root(0)))
	dataset := func(data uint64) []byte {
		var m []byte
		m = append(m, message(msgDataspace, le(uint8(2), uint8(1), uint8(0), uint8(1), elements))...)
		m = append(m, message(msgDatatype, append([]byte{0x11, 0x20, 31, 0},
			le(uint32(4), uint16(0), uint16(32), []uint8{23, 8, 0, 23}, uint32(127))...))...)
		m = append(m, message(msgLayout, le(uint8(3), uint8(layoutContiguous), data, 4*elements))...)
		return header(m)
	}
	dataAt := datasetAt + uint64(len(dataset(0)))
	file := append([]byte(signature), 3, 8, 8, 0)
	file = summed(append(file, le(uint64(0), uint64(undefined), dataAt+4*elements, uint64(superblockSize))...))
	file = append(file, root(datasetAt)...)
	file = append(file, dataset(dataAt)...)
	return append(file, make([]byte, 4*elements)...)
}

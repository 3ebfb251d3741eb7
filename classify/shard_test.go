package classify

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// shards holds what NumPy and Pillow wrote (tools/keras/shards.py).
const shards = "../testdata/shards"

func TestAShardThatChangesWhileItIsReadEndsThere(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	const count = 300
	pixels := make([]byte, count*8*8*3)
	for name, change := range map[string]func(file string) error{
		"cut": func(file string) error { return os.Truncate(file, 5000) },
		"written to": func(file string) error {
			f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("more")
			return errors.Join(err, f.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "x.npy")
			require.NoError(t, os.WriteFile(file, append(npy.Header{Type: npy.Uint8, Shape: nn.Shape{count, 8, 8, 3}}.Bytes(), pixels...), 0o644))
			net, o := classifying(t)
			changing := counting{net, new(atomic.Int32), 2, func() error { return change(file) }}
			var got []string
			var failures []error
			_, err := Run(t.Context(), changing, Files(file, filepath.Join(shards, "0.png")), o, func(b *Batch) error {
				for _, a := range b.Answers {
					got = append(got, a.Name())
					if a.Err != nil {
						failures = append(failures, a.Err)
					}
				}
				return nil
			})
			require.NoError(t, err)
			require.Len(t, failures, 1)
			require.ErrorIs(t, failures[0], ErrShard)
			require.ErrorContains(t, failures[0], "changed while it was read")
			n := len(got) - 2
			require.Less(t, n, count)
			require.ErrorContains(t, failures[0], fmt.Sprintf("its pictures from %d on", n))
			for i := range n {
				require.Equal(t, fmt.Sprintf("%s#%d", file, i), got[i])
			}
			require.Equal(t, []string{file, filepath.Join(shards, "0.png")}, got[n:])
		})
	}
}

func TestAShardIsReadPictureByPicture(t *testing.T) {
	const count = 1 << 20
	file := filepath.Join(t.TempDir(), "x.npy")
	header := npy.Header{Type: npy.Uint8, Shape: nn.Shape{count, 64, 64, 3}}.Bytes()
	require.NoError(t, os.WriteFile(file, header, 0o644))
	if err := os.Truncate(file, int64(len(header))+count*64*64*3); err != nil {
		t.Skip("this file system has no files of 12 GiB: ", err)
	}
	k := &Reader{Height: 64, Width: 64, Pictures: pictures.Options{Filter: pictures.Nearest, Preset: pictures.None, DecodeOptions: pictures.DecodeOptions{MaxPixels: 1 << 20}}}
	require.Equal(t, count, k.count(file))
	s, err := openShard(file, k)
	require.NoError(t, err)
	defer s.release()
	x := make([]float32, 64*64*3)
	x[0] = 1
	_, err = s.tensor(x, count-1, k)
	require.NoError(t, err)
	require.Equal(t, make([]float32, 64*64*3), x)
}

// BenchmarkShardTensor reads a picture of a shard that is in the system's cache.
func BenchmarkShardTensor(b *testing.B) {
	for _, kind := range []npy.Type{npy.Uint8, npy.Float32} {
		b.Run(fmt.Sprintf("224x224/%s", kind), func(b *testing.B) {
			k := &Reader{Height: 224, Width: 224, Pictures: pictures.Options{Filter: pictures.Nearest, Preset: pictures.Caffe, DecodeOptions: pictures.DecodeOptions{MaxPixels: 1 << 20}}}
			const count = 64
			head := npy.Header{Type: kind, Shape: nn.Shape{count, 224, 224, 3}}
			file := filepath.Join(b.TempDir(), "x.npy")
			bytes := head.Shape.Len()
			if kind == npy.Float32 {
				bytes *= 4
			}
			require.NoError(b, os.WriteFile(file, append(head.Bytes(), make([]byte, bytes)...), 0o644))
			s, err := openShard(file, k)
			require.NoError(b, err)
			defer s.release()
			x := make([]float32, 224*224*3)
			b.SetBytes(s.bytes)
			for i := 0; b.Loop(); i++ {
				if _, err := s.tensor(x, i%count, k); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

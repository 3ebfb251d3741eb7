package kerasdata

import (
	"bytes"
	"compress/zlib"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// WithNaN returns a copy of a Keras HDF5 file whose kernels are compressed, with
// NaN in all of the largest chunk, as training that diverged leaves it.
func WithNaN(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(name)
	require.NoError(t, err)
	at, packed, unpacked := 0, 0, 0
	for i := range file {
		if file[i] != 0x78 { // how a zlib stream begins (RFC 1950)
			continue
		}
		rest := bytes.NewReader(file[i:])
		z, err := zlib.NewReader(rest)
		if err != nil {
			continue
		}
		if n, err := io.Copy(io.Discard, z); err == nil && int(n) > unpacked {
			at, packed, unpacked = i, len(file)-i-rest.Len(), int(n)
		}
	}
	require.NotZero(t, unpacked, "no compressed chunk in %s", name)
	var stream bytes.Buffer
	z := zlib.NewWriter(&stream)
	for _, b := range []byte{0, 0, 0xc0, 0x7f} { // the chunk is shuffled: the first byte of every number, the second...
		_, err = z.Write(bytes.Repeat([]byte{b}, unpacked/4))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	require.Less(t, stream.Len(), packed)
	copy(file[at:], stream.Bytes())
	return file
}

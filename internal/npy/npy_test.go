package npy

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/sbinet/npyio"
	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/hostile"
	"github.com/vkeras/vkeras/nn"
)

// file returns a .npy file of format 1.0.
func file(header string, data ...byte) []byte {
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(append(b, header...), data...)
}

func header(descr, order, shape string) string {
	return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n"
}

// numpy returns files that NumPy wrote.
func numpy(t testing.TB) map[string][]byte {
	names, err := filepath.Glob("../../testdata/keras/*/*.npy")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	files := map[string][]byte{}
	for _, name := range names {
		files[name], err = os.ReadFile(name)
		require.NoError(t, err)
	}
	return files
}

func TestFilesThatNumPyWroteReadAsAnotherReaderReadsThem(t *testing.T) {
	for name, b := range numpy(t) {
		other, err := npyio.NewReader(bytes.NewReader(b))
		require.NoError(t, err)
		var want []float32
		require.NoError(t, other.Read(&want))
		a, err := NewReader(bytes.NewReader(b))
		require.NoError(t, err, name)
		require.Equal(t, other.Header.Descr.Shape, []int(a.Shape))
		got := make([]float32, len(want))
		require.NoError(t, a.Read(got))
		require.Equal(t, want, got, name)
	}
}

func TestDoublesAreRounded(t *testing.T) {
	a, err := NewReader(bytes.NewReader(file(header("<f8", "False", "(1,)"), 0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f)))
	require.NoError(t, err)
	got := make([]float32, 1)
	require.NoError(t, a.Read(got))
	require.Equal(t, []float32{0.1}, got)
}

func TestWhatIsWrittenReadsBack(t *testing.T) {
	for _, shape := range []nn.Shape{{}, {3}, {2, 3}, {1, 1, 6}} {
		n, err := shape.Elements()
		require.NoError(t, err)
		want := make([]float32, n)
		for i := range want {
			want[i] = float32(math.Pow(-3, float64(i)))
		}
		var b bytes.Buffer
		require.NoError(t, Write(&b, shape, want))
		require.Zero(t, (b.Len()-4*n)%64, "NumPy aligns data to 64 bytes")
		a, err := NewReader(&b)
		require.NoError(t, err)
		require.Equal(t, shape, a.Shape)
		got := make([]float32, n)
		require.NoError(t, a.Read(got))
		require.Equal(t, want, got)
	}
}

func TestWhatIsNoArrayOfFloatsIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"nothing":               {nil, "ends within its first bytes"},
		"another kind":          {[]byte("PK\x03\x04 and more"), `begins with "PK\x03\x04 a"`},
		"a version of later":    {[]byte("\x93NUMPY\x04\x00\x00\x00"), "version 4.0"},
		"no header":             {file(""), "without type, order or shape"},
		"no line's end":         {file("{}"), "without type"},
		"fields in other order": {file("{'shape': (2,), 'fortran_order': False, 'descr': '<i4'}"), `dtype "<i4"`},
		"a header that is cut":  {file(header("<f4", "False", "(2,)"))[:40], "within its header"},
		"a header of 4 GiB":     {[]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), "4294967295 bytes"},
		"integers":              {file(header("<i8", "False", "(2,)")), `found dtype "<i8"`},
		"other endianness":      {file(header(">f4", "False", "(2,)")), `found dtype ">f4"`},
		"objects":               {file(header("|O", "False", "(2,)")), `found dtype "|O"`},
		"Fortran's order":       {file(header("<f4", "True", "(2, 3)")), "ascontiguousarray"},
		"a negative extent":     {file(header("<f4", "False", "(-2,)")), "without type, order or shape"},
		"a huge extent":         {file(header("<f4", "False", "(99999999999999999999,)")), "the shape (99999"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewReader(bytes.NewReader(c.file))
			require.ErrorIs(t, err, ErrFormat)
			require.ErrorContains(t, err, c.says)
		})
	}
	a, err := NewReader(bytes.NewReader(file(header("<f4", "False", "(2, 3)"), 1, 2, 3, 4, 5)))
	require.NoError(t, err)
	err = a.Read(make([]float32, 6))
	require.ErrorIs(t, err, ErrFormat)
	require.ErrorContains(t, err, "before its array of shape (2, 3) does")
}

func TestAReadersOwnErrorIsKept(t *testing.T) {
	broken := errors.New("broken")
	_, err := NewReader(iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, ErrFormat)
}

// FuzzRead reads any file to its end.
func FuzzRead(f *testing.F) {
	for _, b := range numpy(f) {
		if len(b) < 4<<10 {
			f.Add(b)
		}
	}
	f.Add(file(header("<f8", "False", "(2, 3)"), make([]byte, 48)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		hostile.Within(t, len(b), func() {
			a, err := NewReader(bytes.NewReader(b))
			if err != nil {
				require.ErrorIs(t, err, ErrFormat)
				return
			}
			piece := make([]float32, 100)
			for err == nil {
				err = a.Read(piece)
			}
			require.ErrorIs(t, err, ErrFormat)
		})
	})
}

func TestHeadersOfFourAxesHaveOneLength(t *testing.T) {
	for _, shape := range []nn.Shape{{0, 1, 1, 3}, {1, 224, 224, 3}, {math.MaxInt64, 65535, 65535, 3}} {
		require.Len(t, Header{Float32, shape}.Bytes(), 128, "%v", shape)
	}
}

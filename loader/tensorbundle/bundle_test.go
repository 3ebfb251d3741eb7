package tensorbundle

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/bundletest"
	"github.com/vkeras/vkeras/internal/hostile"
)

// open opens a bundle of one data file.
func open(index, data []byte) (*Bundle, error) { return openUnverified(index, data, false) }

func openUnverified(index, data []byte, unverified bool) (*Bundle, error) {
	return openBundle(bytes.NewReader(index), int64(len(index)), func(i, n int) (io.ReaderAt, int64, error) {
		return bytes.NewReader(data), int64(len(data)), nil
	}, unverified)
}

// readFloats reads a tensor.
func readFloats(b *Bundle, name string) ([]float32, error) {
	t, err := b.Tensor(name)
	if err != nil {
		return nil, err
	}
	dst := make([]float32, elements(t.Shape()))
	return dst, t.ReadFloat32(dst)
}

// tensorflow returns the files that TensorFlow wrote of a model.
func tensorflow(t testing.TB, archive, folder string) map[string][]byte {
	t.Helper()
	r, err := zip.OpenReader("../../testdata/containers/" + archive)
	require.NoError(t, err)
	defer r.Close()
	files := map[string][]byte{}
	for _, f := range r.File {
		if path.Dir(f.Name) == folder {
			m, err := f.Open()
			require.NoError(t, err)
			files[path.Base(f.Name)], err = io.ReadAll(m)
			require.NoError(t, err)
		}
	}
	require.NotEmpty(t, files)
	return files
}

func openFiles(files map[string][]byte, prefix string) (*Bundle, error) {
	index := files[prefix+".index"]
	return Open(bytes.NewReader(index), int64(len(index)), func(i, n int) (io.ReaderAt, int64, error) {
		data := files[ShardName(prefix, i, n)]
		return bytes.NewReader(data), int64(len(data)), nil
	})
}

// TensorFlow split tensors among seven files here, and wrote the same ones whole.
func TestTensorsInSlicesAreThoseThatAreWhole(t *testing.T) {
	files := tensorflow(t, "functional_tf2.21.zip", "shards")
	sliced, err := openFiles(files, "x")
	require.NoError(t, err)
	whole, err := openFiles(tensorflow(t, "functional_tf2.21.zip", "weights"), "x")
	require.NoError(t, err)
	require.Equal(t, whole.Names(), sliced.Names())
	inSlices := 0
	for _, name := range whole.Names() {
		a, err := whole.Tensor(name)
		require.NoError(t, err)
		if a.Type() != Float32 {
			continue
		}
		b, err := sliced.Tensor(name)
		require.NoError(t, err)
		require.Equal(t, a.Shape(), b.Shape())
		if len(b.parts) > 1 {
			inSlices++
		}
		want, err := readFloats(whole, name)
		require.NoError(t, err)
		got, err := readFloats(sliced, name)
		require.NoError(t, err)
		require.Equal(t, want, got, name)
	}
	require.Greater(t, inSlices, 3)
}

func TestEachTypeOfFloatsIsRead(t *testing.T) {
	for _, c := range []struct {
		typ  DataType
		data []byte
		want []float32
	}{
		{Float32, binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, math.Float32bits(-1.5)), math.Float32bits(3)), []float32{-1.5, 3}},
		{Float64, binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, math.Float64bits(1e-3)), math.Float64bits(7)), []float32{1e-3, 7}},
		{Float16, []byte{0x00, 0x3c, 0x00, 0xc1}, []float32{1, -2.5}},
		{BFloat16, []byte{0x80, 0x3f, 0x20, 0xc0}, []float32{1, -2.5}},
	} {
		index := bundletest.Table(map[string][]byte{"": bundletest.Header(1), "a": bundletest.Entry(int(c.typ), []int{2}, 3, c.data)}, 0)
		b, err := open(index, append([]byte("xyz"), c.data...))
		require.NoError(t, err)
		got, err := readFloats(b, "a")
		require.NoError(t, err)
		require.Equal(t, c.want, got, "%v", c.typ)
	}
}

// The keys are TensorFlow's own, of the checkpoint above.
func TestKeysOfSlicesAreInOrderedCode(t *testing.T) {
	for v, code := range map[int64]string{0: "\x80", 63: "\xbf", -1: "\x7f", -64: "\x40", 64: "\xc0\x40", 200: "\xc0\xc8", 8191: "\xdf\xff", 8192: "\xe0\x20\x00", -65: "\x3f\xbf"} {
		require.Equal(t, code, orderedSigned(v), "%d", v)
	}
	require.Equal(t, "\x00", orderedUnsigned(0))
	require.Equal(t, "\x02\x01\x00", orderedUnsigned(256))
	k := box{start: []int{0, 64}, extent: []int{3, 5}, full: []bool{true, false}}
	require.Equal(t, "\x00a\x00\xff\xff\x00b\x00\x01\x01\x02\x80\x7f\xc0\x40\x85", k.key("a\x00\xffb"))
}

func TestDamagedBundlesAreRefused(t *testing.T) {
	four := []byte{0, 0, 128, 63}
	header := bundletest.Header(1)
	table := func(values map[string][]byte) []byte { return bundletest.Table(values, 0) }
	with := func(entry []byte) []byte { return table(map[string][]byte{"": header, "a": entry}) }
	sound := with(bundletest.Entry(1, []int{1}, 0, four))
	wrong := bytes.Clone(sound)
	wrong[3] ^= 1
	slice := func(axes ...[]byte) []byte {
		var b []byte
		for _, a := range axes {
			b = append(b, bundletest.Message(1, a)...)
		}
		return b
	}
	sliced := func(slices ...[]byte) []byte {
		b := bundletest.Message(1, 1, 2, bundletest.Shape(4))
		for _, s := range slices {
			b = append(b, bundletest.Message(7, s)...)
		}
		return with(b)
	}
	part := func(start, length int) []byte { return slice(bundletest.Message(1, start, 2, length)) }
	for name, c := range map[string]struct {
		index []byte
		is    error
		says  string
	}{
		"nothing":                     {nil, ErrFormat, "0 bytes, perhaps cut"},
		"an index that is cut":        {sound[:len(sound)-1], ErrFormat, "perhaps cut"},
		"a wrong checksum of a block": {wrong, ErrFormat, "wrong checksum of a block at 0"},
		"a wrong checksum":            {with(bundletest.Entry(1, []int{1}, 0, []byte{9, 9, 9, 9})), ErrFormat, "a: malformed TensorFlow checkpoint: wrong checksum"},
		"no header":                   {table(map[string][]byte{"a": nil}), ErrFormat, "without a header"},
		"no data files":               {table(map[string][]byte{"": bundletest.Header(0)}), ErrFormat, "0 data files"},
		"many data files":             {table(map[string][]byte{"": bundletest.Header(1 << 30)}), ErrFormat, "1073741824 data files"},
		"big endian":                  {table(map[string][]byte{"": bundletest.Message(1, 1, 2, 1)}), ErrUnsupported, "big endian"},
		"a header that is cut":        {table(map[string][]byte{"": {0x08}}), ErrFormat, "header: "},
		"an entry that is cut":        {with([]byte{0x12, 0x20}), ErrFormat, "unexpected EOF"},
		"another data file":           {with(bundletest.Message(1, 1, 2, bundletest.Shape(1), 3, 1, 5, 4)), ErrFormat, "in data file 1 of 1"},
		"data that is cut":            {with(bundletest.Message(1, 1, 2, bundletest.Shape(1), 4, 1, 5, 4)), ErrFormat, "its data file is cut: 4 bytes, and the tensor's 4 end at 5"},
		"a place beyond all":          {with(bundletest.Message(1, 1, 2, bundletest.Shape(1), 4, -1, 5, 4)), ErrFormat, "its data file is cut"},
		"another size":                {with(bundletest.Message(1, 1, 2, bundletest.Shape(2), 5, 4)), ErrFormat, "shape [2] of float32 in 4 bytes"},
		"a huge shape":                {with(bundletest.Message(1, 1, 2, bundletest.Shape(1<<40, 1<<40), 5, 4)), ErrFormat, "too many elements"},
		"a negative extent":           {with(bundletest.Message(1, 1, 2, bundletest.Shape(-1), 5, 4)), ErrFormat, "too many elements"},
		"an unknown rank":             {with(bundletest.Message(1, 1, 2, bundletest.Message(3, 1), 5, 4)), ErrFormat, "unknown rank"},
		"integers":                    {with(bundletest.Message(1, 3, 2, bundletest.Shape(1), 5, 4)), ErrUnsupported, "weights of type int32"},
		"slices that overlap":         {sliced(part(0, 3), part(2, 2)), ErrFormat, "overlap"},
		"a slice outside":             {sliced(part(2, 3)), ErrFormat, "from 2 of 3 along an axis of 4"},
		"a slice of two axes":         {sliced(slice([]byte{}, []byte{})), ErrFormat, "more axes"},
		"a slice of no axes":          {sliced(nil), ErrFormat, "fewer axes"},
		"a slice that lacks":          {sliced(part(0, 4)), ErrFormat, "no slice at [0] of [4]"},
		"an unknown compression":      {bundletest.Table(map[string][]byte{"": header}, 4), ErrUnsupported, "compressed in way 4"},
		"damaged snappy":              {bundletest.Table(map[string][]byte{"": header}, 1), ErrFormat, "a block at 0 of the index: s2: corrupt"},
		"a bomb":                      {bundletest.Blocks([]byte{0xff, 0xff, 0xff, 0xff, 0x0f, 0}, 1), ErrUnsupported, "inflates to 4294967295 bytes"},
		"restarts beyond the block":   {bundletest.Blocks([]byte{0, 0, 0, 0, 9, 0, 0, 0}, 0), ErrFormat, "9 restarts"},
		"a block too short":           {bundletest.Blocks([]byte{1}, 0), ErrFormat, "a block of 1 bytes"},
		"a key that shares too much":  {bundletest.Blocks([]byte{5, 1, 0, 'a', 0, 0, 0, 0, 1, 0, 0, 0}, 0), ErrFormat, "longer than its block"},
		"keys that descend":           {bundletest.Blocks([]byte{0, 1, 0, 'b', 0, 1, 0, 'a', 0, 0, 0, 0, 1, 0, 0, 0}, 0), ErrFormat, "do not ascend"},
	} {
		t.Run(name, func(t *testing.T) {
			hostile.Within(t, len(c.index), func() {
				b, err := open(c.index, four)
				if err == nil {
					_, err = readFloats(b, "a")
				}
				require.ErrorIs(t, err, c.is)
				require.ErrorContains(t, err, c.says)
			})
		})
	}
	_, err := open(sound, four)
	require.NoError(t, err)
}

// Keys share the beginnings of those before them: few bytes say many.
func TestKeysThatGrowOutOfProportionAreRefused(t *testing.T) {
	key := strings.Repeat("k", 4000)
	var block []byte
	block = binary.AppendUvarint(block, 0)
	block = binary.AppendUvarint(block, uint64(len(key)))
	block = binary.AppendUvarint(block, 0)
	block = append(block, key...)
	for i := range 100_000 {
		block = binary.AppendUvarint(block, 4000)
		block = binary.AppendUvarint(block, 3)
		block = binary.AppendUvarint(block, 0)
		block = append(block, byte(i>>16), byte(i>>8), byte(i))
	}
	index := bundletest.Blocks(append(block, 0, 0, 0, 0, 1, 0, 0, 0), 0)
	hostile.Within(t, len(index), func() {
		_, err := open(index, nil)
		require.ErrorIs(t, err, ErrUnsupported)
		require.ErrorContains(t, err, "of all keys")
	})
}

func TestObjectGraphs(t *testing.T) {
	child := func(id int, name string) []byte { return bundletest.Message(1, id, 2, name) }
	graph := bundletest.Message(
		1, bundletest.Message(1, child(1, "kernel"), 1, child(0, "root")),
		1, bundletest.Message(2, bundletest.Message(1, "VARIABLE_VALUE", 2, "conv/kernel", 3, "conv/kernel/.ATTRIBUTES/VARIABLE_VALUE")),
	)
	g, err := ParseObjectGraph(graph)
	require.NoError(t, err)
	require.Equal(t, 2, g.Len())
	o, err := g.Object(0)
	require.NoError(t, err)
	require.Equal(t, []Child{{"kernel", 1}, {"root", 0}}, o.Children)
	o, err = g.Object(1)
	require.NoError(t, err)
	require.Equal(t, "conv/kernel/.ATTRIBUTES/VARIABLE_VALUE", o.Key)
	require.Equal(t, "conv/kernel", o.FullName)
	_, err = g.Object(2)
	require.ErrorContains(t, err, "object 2 of 2")
	g, err = ParseObjectGraph(bundletest.Message(1, bundletest.Message(1, child(7, "a"))))
	require.NoError(t, err)
	_, err = g.Object(0)
	require.ErrorContains(t, err, "refers to object 7 of 1")
	_, err = ParseObjectGraph([]byte{0x0a, 0x7f})
	require.ErrorIs(t, err, ErrFormat)
}

// Every bit of the smallest of TensorFlow's own files, one at a time: what is read
// is right, or an error.
func TestNoDamageOfARealBundleGoesUnseen(t *testing.T) {
	files := tensorflow(t, "sequential_tf2.8.zip", "weights")
	index, data := files["x.index"], files["x.data-00000-of-00001"]
	want := contents(open(index, data))
	require.NotContains(t, want, "error")
	for i := range 8 * len(index) {
		damaged := bytes.Clone(index)
		damaged[i/8] ^= 1 << (i % 8)
		got := contents(open(damaged, data))
		require.True(t, got == want || strings.Contains(got, "error"), "bit %d of the index", i)
	}
	for i := range len(data) {
		damaged := bytes.Clone(data)
		damaged[i] ^= 1 << (i % 8)
		require.Contains(t, contents(open(index, damaged)), "error", "byte %d of the data", i)
	}
}

// contents describes all of a bundle.
func contents(b *Bundle, err error) string {
	if err != nil {
		return describe(err)
	}
	var all strings.Builder
	for _, name := range b.Names() {
		t, err := b.Tensor(name)
		if err != nil {
			return describe(err)
		}
		if t.Type() == String {
			s, err := t.ReadString()
			if err != nil {
				return describe(err)
			}
			fmt.Fprintf(&all, "%s %q\n", name, s)
			continue
		}
		values := make([]float32, min(elements(t.Shape()), 1<<20))
		if err := t.ReadFloat32(values); err != nil && !errors.Is(err, ErrUnsupported) {
			return describe(err)
		}
		fmt.Fprintln(&all, name, t.Shape(), values)
	}
	return all.String()
}

func describe(err error) string {
	if errors.Is(err, ErrFormat) || errors.Is(err, ErrUnsupported) || errors.Is(err, ErrNotFound) {
		return "error: " + err.Error()
	}
	return "undeclared " + err.Error()
}

// FuzzBundle reads all of any bundle, half of them past checksums.
func FuzzBundle(f *testing.F) {
	for archive, folder := range map[string]string{"sequential_tf2.8.zip": "weights", "snappy.zip": "weights"} {
		files := tensorflow(f, archive, folder)
		f.Add(files["x.index"], files["x.data-00000-of-00001"], true)
		f.Add(files["x.index"], files["x.data-00000-of-00001"], false)
	}
	sharded := tensorflow(f, "functional_tf2.21.zip", "shards")
	f.Add(sharded["x.index"], sharded["x.data-00006-of-00007"], true)
	f.Fuzz(func(t *testing.T, index, data []byte, unverified bool) {
		hostile.Within(t, len(index)+len(data), func() {
			b, err := openUnverified(index, data, unverified)
			require.NotContains(t, contents(b, err), "undeclared")
			if err != nil {
				return
			}
			g, err := b.ObjectGraph()
			for i := 0; err == nil && i < min(g.Len(), 1000); i++ {
				_, err = g.Object(i)
			}
			if err != nil {
				require.NotContains(t, describe(err), "undeclared")
			}
		})
	})
}

package loader_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/hostile"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
)

// maxSeedBytes keeps the seeds small: a mutation should hit what matters.
const maxSeedBytes = 48 << 10

// seeds returns the files that real Keras wrote with one of these endings.
func seeds(f *testing.F, endings ...string) map[string][]byte {
	files := map[string][]byte{}
	for _, ending := range endings {
		names, err := filepath.Glob(filepath.Join(fixtures, "*", "*"+ending))
		require.NoError(f, err)
		for _, name := range names {
			b, err := os.ReadFile(name)
			require.NoError(f, err)
			if len(b) <= maxSeedBytes {
				files[name] = b
			}
		}
	}
	for name, b := range generations(f) {
		for _, ending := range endings {
			if strings.HasSuffix(name, ending) && len(b) <= maxSeedBytes {
				files[name] = b
			}
		}
	}
	require.NotEmpty(f, files)
	return files
}

// requireHarmless requires that reading a file keeps the bounds, and ends in a
// sound model or in one line of an error of a declared class.
func requireHarmless(t *testing.T, file []byte, opts ...loader.Option) {
	hostile.Within(t, len(file), func() {
		m, err := read(file, opts...)
		if err == nil {
			err = m.Graph.CheckWeights()
			require.NoError(t, err)
			return
		}
		requireOneClearLine(t, err)
	})
}

func requireOneClearLine(t *testing.T, err error) {
	declared := false
	for _, class := range []error{loader.ErrFormat, loader.ErrUnsupported, loader.ErrWeights, loader.ErrNoArchitecture} {
		declared = declared || errors.Is(err, class)
	}
	require.True(t, declared, "%v is of no declared class", err)
	require.True(t, utf8.ValidString(err.Error()), "%q", err.Error())
	for _, r := range err.Error() {
		require.True(t, unicode.IsPrint(r), "%q has %q", err.Error(), r)
	}
}

// FuzzRead reads any file as Open does.
func FuzzRead(f *testing.F) {
	for _, b := range seeds(f, ".h5", ".keras") {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, file []byte) { requireHarmless(t, file) })
}

// FuzzConfig parses any config.
func FuzzConfig(f *testing.F) {
	for _, b := range seeds(f, "config.json") {
		f.Add(b)
	}
	for _, b := range seeds(f, ".keras") {
		f.Add(member(f, b, "config.json"))
	}
	f.Fuzz(func(t *testing.T, config []byte) {
		hostile.Within(t, len(config), func() {
			if _, err := loader.ParseConfig(config); err != nil {
				requireOneClearLine(t, err)
			}
			if _, err := loader.ParseConfig(config, loader.WithInputShape(nn.Shape{32, 32, 3})); err != nil {
				requireOneClearLine(t, err)
			}
		})
	})
}

// FuzzArchive reads archives of any members; any byte of the whole may be
// another. The checksums are right, which those of mutated archives are not.
func FuzzArchive(f *testing.F) {
	for _, b := range seeds(f, ".keras") {
		config, weights := member(f, b, "config.json"), member(f, b, "model.weights.h5")
		f.Add("config.json", config, "model.weights.h5", weights, false, uint32(0), byte(0))
		f.Add("config.json", config, "model.weights.h5", weights, true, uint32(30), byte(1))
	}
	f.Fuzz(func(t *testing.T, first string, config []byte, second string, weights []byte, deflate bool, at uint32, flip byte) {
		file := archive(t, deflate, entry{first, config}, entry{second, weights})
		// Counted from the end, where the directory is.
		file[len(file)-1-int(at)%len(file)] ^= flip
		requireHarmless(t, file)
	})
}

// FuzzWeights binds any weights to any config.
func FuzzWeights(f *testing.F) {
	names, err := filepath.Glob(filepath.Join(fixtures, "*", "*weights.h5"))
	require.NoError(f, err)
	for _, name := range names {
		weights, err := os.ReadFile(name)
		require.NoError(f, err)
		config, err := os.ReadFile(filepath.Join(filepath.Dir(name), "config.json"))
		require.NoError(f, err)
		if len(weights)+len(config) <= maxSeedBytes {
			f.Add(weights, config)
		}
	}
	f.Fuzz(func(t *testing.T, weights, config []byte) { requireHarmless(t, weights, loader.WithConfig(config)) })
}

// entry is a member of a zip archive.
type entry struct {
	name    string
	content []byte
}

// archive returns a zip archive, as Keras writes it or with deflate.
func archive(t testing.TB, deflate bool, entries ...entry) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Store}
		if deflate {
			h.Method = zip.Deflate
		}
		m, err := w.CreateHeader(h)
		if err != nil {
			t.Skip(err) // a name that no archive can have
		}
		_, err = m.Write(e.content)
		if err != nil {
			t.Skip(err) // a folder with content
		}
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// member returns the content of a member of an archive.
func member(t testing.TB, file []byte, name string) []byte {
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	m, err := r.Open(name)
	require.NoError(t, err)
	defer m.Close()
	b, err := io.ReadAll(m)
	require.NoError(t, err)
	return b
}

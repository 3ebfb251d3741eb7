package shaders

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSPIRVWasMadeFromTheSourcesThatAreHere(t *testing.T) {
	m, err := ReadManifest("spirv/manifest.json")
	require.NoError(t, err)
	for k := range All() {
		t.Run(k.Name, func(t *testing.T) {
			code, err := k.SPIRV()
			require.NoError(t, err)
			want, err := Describe(os.DirFS("."), k, code)
			require.NoError(t, err)
			require.Equal(t, want, m.Kernels[k.Name], "the source, an include or the table has changed: run make shaders")
			sum := sha256.Sum256(code)
			require.Equal(t, m.Kernels[k.Name].SPIRV, hex.EncodeToString(sum[:]))
		})
	}
	require.Len(t, m.Kernels, len(all()), "kernels in the manifest")
	files, err := filepath.Glob("spirv/*.spv")
	require.NoError(t, err)
	require.Len(t, files, len(all()), "files in spirv/")
}

func TestEverySourceIsUsed(t *testing.T) {
	files, err := filepath.Glob("*.comp")
	require.NoError(t, err)
	for _, f := range files {
		require.True(t, slices.ContainsFunc(all(), func(k Kernel) bool { return k.Source == f }), "no kernel is made from %s", f)
	}
}

func TestKernelsAreFoundByName(t *testing.T) {
	for k := range All() {
		got, ok := Named(k.Name)
		require.True(t, ok)
		require.Equal(t, k, got)
	}
	_, ok := Named("conv3d")
	require.False(t, ok)
}

// What a Go struct and the table say about a kernel must be what its code says.
func TestCodeHasTheBindingsAndPushConstantsOfTheTable(t *testing.T) {
	for k := range All() {
		t.Run(k.Name, func(t *testing.T) {
			code, err := k.SPIRV()
			require.NoError(t, err)
			face, err := Reflect(code)
			require.NoError(t, err)
			want, names := fields(reflect.TypeOf(k.Push)), declared(t, k.Source)
			require.Len(t, names, len(face.Push))
			got := make([]field, len(names))
			for i, m := range face.Push {
				got[i] = field{names[i], int(m.Offset), map[bool]string{false: "uint", true: "float"}[m.Float]}
			}
			require.Equal(t, want, got)
			require.LessOrEqual(t, binary.Size(k.Push), 128, "the least size of push constants that Vulkan guarantees")
			require.NoError(t, k.Check(code))
			if k.Specialized != nil { // the compiler drops those that a kernel does not read
				for _, id := range face.Constants {
					require.Less(t, int(id), reflect.TypeOf(k.Specialized).NumField())
				}
				require.Equal(t, constants(reflect.TypeOf(k.Specialized)), specialized(t, k.Source))
			}
			if k.Tile.Lanes > 0 {
				require.Equal(t, [2]int{k.Texels, k.Buffers}, [2]int{len(face.Texels), len(face.Buffers)})
				require.Equal(t, [3]uint32{uint32(k.Tile.Columns / 4), 1, 1}, face.Group)
			}
		})
	}
}

// field is a member of a block of push constants.
type field struct {
	name   string
	offset int
	kind   string // "uint" or "float"
}

// fields flattens a struct of push constants; names are written as in GLSL.
func fields(t reflect.Type) []field {
	var list []field
	var add func(t reflect.Type)
	add = func(t reflect.Type) {
		for i := range t.NumField() {
			f := t.Field(i)
			switch f.Type.Kind() {
			case reflect.Struct:
				add(f.Type)
			case reflect.Uint32:
				list = append(list, field{snake(f.Name), 4 * len(list), "uint"})
			case reflect.Float32:
				list = append(list, field{snake(f.Name), 4 * len(list), "float"})
			default:
				panic("push constants are uint32 and float32, not " + f.Type.String())
			}
		}
	}
	add(t)
	return list
}

func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteString(strings.ToLower(string(r)))
	}
	return b.String()
}

// constants returns the names of a struct's specialization constants in the order
// of their ids, written as in GLSL.
func constants(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		names = append(names, strings.ToUpper(snake(t.Field(i).Name)))
	}
	return names
}

// specialized returns the names of the specialization constants that a source and
// its includes declare, in the order of their ids.
func specialized(t *testing.T, source string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^layout\(constant_id = (\d+)\) const \w+ (\w+)`).FindAllStringSubmatch(whole(t, source), -1) {
		require.Equal(t, strconv.Itoa(len(names)), m[1])
		names = append(names, m[2])
	}
	return names
}

// whole returns a source with its includes behind it.
func whole(t *testing.T, source string) string {
	text, err := os.ReadFile(source)
	require.NoError(t, err)
	all := string(text)
	for _, m := range include.FindAllStringSubmatch(all, -1) {
		all += whole(t, filepath.Join("include", filepath.Base(m[1])))
	}
	return all
}

// declared returns the names of the push constants in a source, with the macros
// of its includes expanded.
func declared(t *testing.T, source string) []string {
	text := whole(t, source)
	_, block, ok := strings.Cut(text, "layout(push_constant) uniform Push {")
	require.True(t, ok)
	block, _, _ = strings.Cut(block, "}")
	var expand func(text string)
	expand = func(text string) {
		for _, m := range include.FindAllStringSubmatch(text, -1) {
			macros, err := os.ReadFile(filepath.Join("include", filepath.Base(m[1])))
			require.NoError(t, err)
			expand(string(macros))
			joined := regexp.MustCompile(`/\*.*?\*/|//.*`).ReplaceAllString(strings.ReplaceAll(string(macros), "\\\n", " "), "")
			for _, d := range regexp.MustCompile(`(?m)^#define ([A-Z]+) +(.*)$`).FindAllStringSubmatch(joined, -1) {
				block = regexp.MustCompile(`\b`+d[1]+`\b`).ReplaceAllString(block, d[2])
			}
		}
	}
	expand(text)
	var names []string
	for _, m := range regexp.MustCompile(`(?:uint|float) ([^;]+)`).FindAllStringSubmatch(block, -1) {
		for _, name := range strings.Split(m[1], ",") {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}

func TestCodeThatDoesNotFitIsRefused(t *testing.T) {
	conv, _ := Named("conv2d")
	own, err := conv.SPIRV()
	require.NoError(t, err)
	code := func(name string) []byte {
		k, ok := Named(name)
		require.True(t, ok)
		b, err := k.SPIRV()
		require.NoError(t, err)
		return b
	}
	for name, c := range map[string]struct {
		code []byte
		why  string
	}{
		"nothing":              {nil, "does not begin as SPIR-V"},
		"text":                 {[]byte("#version 450\nvoid main() {}\n"), "does not begin as SPIR-V"},
		"a part":               {own[:24], "cut short"},
		"the head alone":       {own[:20], "no compute entry point"},
		"other work groups":    {code("conv2d_lanes_8_4x1"), "work groups"},
		"other push constants": {code("add"), "push constant"},
	} {
		t.Run(name, func(t *testing.T) {
			err := conv.Check(c.code)
			require.ErrorIs(t, err, ErrSPIRV)
			require.ErrorContains(t, err, c.why)
			require.ErrorContains(t, err, "kernel conv2d")
		})
	}
}

func FuzzReflect(f *testing.F) {
	for k := range All() {
		code, err := k.SPIRV()
		require.NoError(f, err)
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		_, err := Reflect(code)
		if err != nil {
			require.ErrorIs(t, err, ErrSPIRV)
		}
	})
}

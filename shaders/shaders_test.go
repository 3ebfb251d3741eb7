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
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSPIRVWasMadeFromTheSourcesThatAreHere(t *testing.T) {
	m, err := ReadManifest("spirv/manifest.json")
	require.NoError(t, err)
	for _, k := range All() {
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
	require.Len(t, m.Kernels, len(All()), "kernels in the manifest")
	files, err := filepath.Glob("spirv/*.spv")
	require.NoError(t, err)
	require.Len(t, files, len(All()), "files in spirv/")
}

func TestEverySourceIsUsed(t *testing.T) {
	files, err := filepath.Glob("*.comp")
	require.NoError(t, err)
	for _, f := range files {
		require.True(t, slices.ContainsFunc(All(), func(k Kernel) bool { return k.Source == f }), "no kernel is made from %s", f)
	}
}

func TestKernelsAreFoundByName(t *testing.T) {
	for _, k := range All() {
		got, ok := Named(k.Name)
		require.True(t, ok)
		require.Equal(t, k, got)
	}
	_, ok := Named("conv3d")
	require.False(t, ok)
}

// What a Go struct and the table say about a kernel must be what its code says.
func TestCodeHasTheBindingsAndPushConstantsOfTheTable(t *testing.T) {
	for _, k := range All() {
		t.Run(k.Name, func(t *testing.T) {
			code, err := k.SPIRV()
			require.NoError(t, err)
			m := parse(t, code)
			want := fields(reflect.TypeOf(k.Push))
			require.Equal(t, want, m.pushConstants(t, declared(t, k.Source)))
			require.LessOrEqual(t, binary.Size(k.Push), 128, "the least size of push constants that Vulkan guarantees")
			texels, buffers := m.bindings(t)
			require.LessOrEqual(t, texels, k.Texels)
			require.LessOrEqual(t, buffers, k.Buffers)
			if k.Tile.Lanes > 0 {
				require.Equal(t, [2]int{k.Texels, k.Buffers}, [2]int{texels, buffers})
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

// declared returns the names of the push constants in a source, with the macros
// of its includes expanded.
func declared(t *testing.T, source string) []string {
	text, err := os.ReadFile(source)
	require.NoError(t, err)
	_, block, ok := strings.Cut(string(text), "layout(push_constant) uniform Push {")
	require.True(t, ok)
	block, _, _ = strings.Cut(block, "}")
	for _, m := range include.FindAllStringSubmatch(string(text), -1) {
		macros, err := os.ReadFile(m[1])
		require.NoError(t, err)
		joined := regexp.MustCompile(`/\*.*?\*/|//.*`).ReplaceAllString(strings.ReplaceAll(string(macros), "\\\n", " "), "")
		for _, d := range regexp.MustCompile(`(?m)^#define ([A-Z]+) +(.*)$`).FindAllStringSubmatch(joined, -1) {
			block = regexp.MustCompile(`\b`+d[1]+`\b`).ReplaceAllString(block, d[2])
		}
	}
	var names []string
	for _, m := range regexp.MustCompile(`(?:uint|float) ([^;]+)`).FindAllStringSubmatch(block, -1) {
		for _, name := range strings.Split(m[1], ",") {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}

// module is what the tests read of a SPIR-V module (SPIR-V specification 1.6,
// sections 2.3 and 3).
type module struct {
	types     map[uint32][]uint32  // OpType*: opcode, operands
	variables map[uint32][2]uint32 // id: pointer type, storage class
	offsets   map[uint32]map[uint32]uint32
	binding   map[uint32]uint32
}

func parse(t *testing.T, code []byte) module {
	words := make([]uint32, len(code)/4)
	_, err := binary.Decode(code, binary.LittleEndian, words)
	require.NoError(t, err)
	require.Equal(t, uint32(0x07230203), words[0], "the magic number")
	m := module{map[uint32][]uint32{}, map[uint32][2]uint32{}, map[uint32]map[uint32]uint32{}, map[uint32]uint32{}}
	for at := 5; at < len(words); at += int(words[at] >> 16) {
		op, args := words[at]&0xffff, words[at+1:at+int(words[at]>>16)]
		switch {
		case op == 72 && args[2] == 35: // OpMemberDecorate Offset
			if m.offsets[args[0]] == nil {
				m.offsets[args[0]] = map[uint32]uint32{}
			}
			m.offsets[args[0]][args[1]] = args[3]
		case op == 71 && args[1] == 33: // OpDecorate Binding
			m.binding[args[0]] = args[2]
		case op >= 19 && op <= 39: // OpType*
			m.types[args[0]] = append([]uint32{op}, args[1:]...)
		case op == 59: // OpVariable
			m.variables[args[1]] = [2]uint32{args[0], args[2]}
		}
	}
	return m
}

// pushConstants returns the members of the push constants; optimised code has
// no names, which are those of the source.
func (m module) pushConstants(t *testing.T, names []string) []field {
	for _, v := range m.variables {
		const pushConstant = 9
		if v[1] != pushConstant {
			continue
		}
		block := m.types[v[0]][2] // OpTypePointer: storage class, type
		require.Len(t, names, len(m.types[block])-1, "members declared in the source")
		var list []field
		for i, member := range m.types[block][1:] {
			kind := map[uint32]string{21: "uint", 22: "float"}[m.types[member][0]]
			list = append(list, field{names[i], int(m.offsets[block][uint32(i)]), kind})
		}
		return list
	}
	t.Fatal("no push constants")
	return nil
}

// bindings counts the texel and storage buffers and checks that the texel
// buffers come first.
func (m module) bindings(t *testing.T) (texels, buffers int) {
	for id, v := range m.variables {
		at, bound := m.binding[id]
		if !bound {
			continue
		}
		const image = 25 // OpTypeImage
		if m.types[m.types[v[0]][2]][0] == image {
			texels = max(texels, int(at)+1)
		}
	}
	for id, v := range m.variables {
		at, bound := m.binding[id]
		if bound && m.types[m.types[v[0]][2]][0] != 25 {
			require.GreaterOrEqual(t, int(at), texels)
			buffers = max(buffers, int(at)+1-texels)
		}
	}
	return texels, buffers
}

package shaders

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"
)

// Manifest says what the SPIR-V files were made from.
type Manifest struct {
	Compiler string           `json:"compiler"`
	Matrix   string           `json:"matrix_compiler,omitempty"` // of the kernels with cooperative matrices
	Kernels  map[string]Entry `json:"kernels"`
}

// Entry is what one kernel was made from, and what came of it.
type Entry struct {
	Source string `json:"source"` // SHA-256 of the source, its includes and the compiler's arguments
	SPIRV  string `json:"spirv"`  // SHA-256 of the code
}

// Digest is a hash of all kernels' code, and of what Code makes of one.
var Digest = sync.OnceValue(func() [sha256.Size]byte {
	manifest, err := spirv.ReadFile("spirv/manifest.json") // which has a hash of each
	if err != nil {
		panic(err) // it is embedded
	}
	conv, _ := Named("conv2d")
	code, err := conv.With(1).Code()
	if err != nil {
		panic(err)
	}
	return sha256.Sum256(append(manifest, code...))
})

// Options are glslc's arguments for every kernel.
func Options() []string { return []string{"--target-env=vulkan1.1", "-O"} }

// MatrixOptions are glslang's arguments for the kernels with cooperative
// matrices, which glslc does not know before 2024.
func MatrixOptions() []string { return []string{"--quiet", "--target-env", "vulkan1.2", "-S", "comp"} }

var include = regexp.MustCompile(`(?m)^#include "([^"]+)"`)

// Describe returns the entry for a kernel whose sources lie in dir.
func Describe(dir fs.FS, k Kernel, code []byte) (Entry, error) {
	h := sha256.New()
	options := Options()
	if k.Matrix {
		options = MatrixOptions()
	}
	fmt.Fprintln(h, strings.Join(append(options, k.Flags()...), " "))
	seen := map[string]bool{}
	var add func(name string) error
	add = func(name string) error {
		if seen[name] {
			return nil
		}
		seen[name] = true
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return fmt.Errorf("kernel %s: %w", k.Name, err)
		}
		h.Write(text)
		for _, m := range include.FindAllSubmatch(text, -1) {
			if err := add(path.Join(path.Dir(name), string(m[1]))); err != nil {
				return err
			}
		}
		return nil
	}
	if err := add(k.Source); err != nil {
		return Entry{}, err
	}
	sum := sha256.Sum256(code)
	return Entry{Source: hex.EncodeToString(h.Sum(nil)), SPIRV: hex.EncodeToString(sum[:])}, nil
}

// Write writes the manifest as JSON.
func (m Manifest) Write(name string) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(b, '\n'), 0o644)
}

// ReadManifest reads what Write wrote.
func ReadManifest(name string) (Manifest, error) {
	var m Manifest
	b, err := os.ReadFile(name)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(b, &m)
}

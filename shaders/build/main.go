// Command build compiles every kernel with glslc, checks it with spirv-val, and
// writes shaders/spirv: the code and a manifest of what it was made from. It does
// the same to the deliberately wrong kernels that package validate is tested with.
// With -check it compiles to memory and compares with what is there.
//
// Run it by `make shaders`, in the repository's root.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/shaders"
)

// collection is kernels that are compiled into one folder.
type collection struct {
	sources string // what the kernels' Source is relative to
	out     string
	kernels []shaders.Kernel
}

func main() {
	log.SetFlags(0)
	check := flag.Bool("check", false, "compare with the committed SPIR-V instead of writing it")
	glslang := flag.String("glslang", "", "`FOLDER` with bin and lib of a glslang that knows GL_KHR_cooperative_matrix; without it those kernels must be as committed")
	flag.Parse()
	if err := run(*check, matrixCompiler(*glslang)); err != nil {
		log.Fatal("shaders: ", err)
	}
}

func run(check bool, matrix matrixCompiler) error {
	version, err := exec.Command("glslc", "--version").Output()
	if err != nil {
		return fmt.Errorf("glslc (Debian: glslc) is needed: %w", err)
	}
	first, _, _ := strings.Cut(string(version), "\n")
	faulty, err := shaders.Faulty(os.DirFS("."))
	if err != nil {
		return err
	}
	for _, c := range []collection{{"shaders", "shaders/spirv", slices.Collect(shaders.All())}, {".", shaders.FaultyDir + "/spirv", faulty}} {
		if err := c.build(strings.TrimSpace(first), matrix, check); err != nil {
			return err
		}
	}
	return nil
}

// build compiles the collection and writes it, or compares it with what is there.
func (c collection) build(compiler string, matrix matrixCompiler, check bool) error {
	manifest := shaders.Manifest{Compiler: compiler, Kernels: map[string]shaders.Entry{}}
	committed, err := shaders.ReadManifest(filepath.Join(c.out, "manifest.json"))
	if err != nil {
		return err
	}
	if slices.ContainsFunc(c.kernels, func(k shaders.Kernel) bool { return k.Matrix }) {
		if manifest.Matrix, err = matrix.version(committed.Matrix); err != nil {
			return err
		}
	}
	temp, err := os.MkdirTemp("", "shaders")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	for _, k := range c.kernels {
		compile := c.compile
		if k.Matrix {
			compile = func(temp string, k shaders.Kernel) ([]byte, error) { return matrix.compile(c, temp, k, committed) }
		}
		code, err := compile(temp, k)
		if err == nil && (!k.Matrix || matrix != "") {
			err = c.specialize(temp, k, code, matrix)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", k.Name, err)
		}
		if manifest.Kernels[k.Name], err = shaders.Describe(os.DirFS(c.sources), k, code); err != nil {
			return err
		}
		path := filepath.Join(c.out, k.Name+".spv")
		if check {
			have, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(have, code) {
				return fmt.Errorf("%s is not what %s makes of its source: run make shaders", path, compiler)
			}
			continue
		}
		if err := os.WriteFile(path, code, 0o644); err != nil {
			return err
		}
	}
	if stale := c.stale(manifest); check && len(stale) > 0 {
		return fmt.Errorf("no kernel is made to %s: run make shaders", strings.Join(stale, ", "))
	} else if check {
		return nil
	} else if err := remove(stale); err != nil {
		return err
	}
	return manifest.Write(filepath.Join(c.out, "manifest.json"))
}

// stale returns the SPIR-V files of kernels that are no more.
func (c collection) stale(m shaders.Manifest) []string {
	files, _ := filepath.Glob(filepath.Join(c.out, "*.spv"))
	return slices.DeleteFunc(files, func(f string) bool {
		_, ok := m.Kernels[strings.TrimSuffix(filepath.Base(f), ".spv")]
		return ok
	})
}

func remove(files []string) error {
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			return err
		}
	}
	return nil
}

// compile returns the kernel's SPIR-V, validated.
func (c collection) compile(temp string, k shaders.Kernel) ([]byte, error) {
	out := filepath.Join(temp, k.Name+".spv")
	args := append(append(shaders.Options(), k.Flags()...), filepath.Join(c.sources, k.Source), "-o", out)
	if msg, err := exec.Command("glslc", args...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("glslc: %w\n%s", err, msg)
	}
	if err := validate(out); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}

func validate(file string) error {
	if msg, err := exec.Command("spirv-val", "--target-env", "vulkan1.1", file).CombinedOutput(); err != nil {
		return fmt.Errorf("spirv-val (Debian: spirv-tools): %w\n%s", err, msg)
	}
	return nil
}

// specialize validates what becomes of a kernel's code by some of the values that
// its constants take: no function, one that returns early, one that calls others.
func (c collection) specialize(temp string, k shaders.Kernel, code []byte, matrix matrixCompiler) error {
	face, err := shaders.Reflect(code)
	if err != nil || len(face.Constants) == 0 {
		return err
	}
	file := filepath.Join(temp, k.Name+"-specialized.spv")
	for _, function := range []uint32{0, 1, 6} {
		for _, flag := range []uint32{0, 1} {
			constants := slices.Repeat([]uint32{flag}, int(slices.Max(face.Constants))+1)
			constants[0] = function
			if err := os.WriteFile(file, shaders.Specialize(code, constants), 0o600); err != nil {
				return err
			}
			if k.Matrix {
				_, err = matrix.run("spirv-val", "--target-env", "vulkan1.2", file)
			} else {
				err = validate(file)
			}
			if err != nil {
				return fmt.Errorf("specialized to %v: %w", constants, err)
			}
		}
	}
	return nil
}

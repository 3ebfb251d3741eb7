package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/vkeras/vkeras/shaders"
)

// matrixCompiler is the folder of a glslang, with bin and lib, for the kernels
// with cooperative matrices; empty where there is none.
type matrixCompiler string

// run runs one of the folder's programs and returns what it prints.
func (m matrixCompiler) run(program string, args ...string) ([]byte, error) {
	c := exec.Command(filepath.Join(string(m), "bin", program), args...)
	c.Env = append(os.Environ(), "LD_LIBRARY_PATH="+filepath.Join(string(m), "lib"))
	out, err := c.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	return out, nil
}

// version names the compiler; committed is what made the kernels that are there.
func (m matrixCompiler) version(committed string) (string, error) {
	if m == "" {
		return committed, nil
	}
	out, err := m.run("glslang", "--version")
	first, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(first), err
}

// compile returns the kernel's SPIR-V, optimised and validated. Without the
// compiler it returns what is committed, if it was made from the same source.
func (m matrixCompiler) compile(c collection, temp string, k shaders.Kernel, committed shaders.Manifest) ([]byte, error) {
	if m == "" {
		code, err := os.ReadFile(filepath.Join(c.out, k.Name+".spv"))
		if err != nil {
			return nil, err
		}
		entry, err := shaders.Describe(os.DirFS(c.sources), k, code)
		if err == nil && entry != committed.Kernels[k.Name] {
			err = errors.New("its source has changed, and glslc cannot compile it: run make shaders, which installs a glslang")
		}
		return code, err
	}
	plain, out := filepath.Join(temp, k.Name), filepath.Join(temp, k.Name+".spv")
	args := append(append(shaders.MatrixOptions(), k.Flags()...), filepath.Join(c.sources, k.Source), "-o", plain)
	if _, err := m.run("glslang", args...); err != nil {
		return nil, err
	}
	if _, err := m.run("spirv-opt", "--target-env=vulkan1.2", "-O", plain, "-o", out); err != nil {
		return nil, err
	}
	if _, err := m.run("spirv-val", "--target-env", "vulkan1.2", out); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}

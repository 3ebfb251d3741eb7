package main

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/internal/outfile"
)

// writeFile writes the file that a flag names, - for standard output.
func (t *tool) writeFile(ctx context.Context, name string, write func(io.Writer) error) error {
	if name == "-" {
		return write(t.stdout)
	}
	return outfile.Write(ctx, name, write)
}

// sheetName names a picture's drawing; layers of nested models have slashes.
func sheetName(picture, what string) string {
	return picture + "." + fileName(what) + ".png"
}

// stem is a picture's name without folder and ending.
func stem(file string) string {
	if file == classify.StandardInput {
		return "stdin"
	}
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

func (t *tool) writePNG(ctx context.Context, name string, picture image.Image) error {
	return t.writeFile(ctx, name, func(w io.Writer) error { return png.Encode(w, picture) })
}

var unfit = regexp.MustCompile(`[^\pL\pN._-]+`)

// fileName is a layer's name without what a file's name may not hold.
func fileName(layer string) string { return unfit.ReplaceAllString(layer, "_") }

// findBeside returns a program of ours beside this one or on the path.
func findBeside(name, how string) (string, error) {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if own, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(own), name)
		if info, err := os.Stat(beside); err == nil && !info.IsDir() {
			return beside, nil
		}
	}
	found, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is neither beside this program nor on the path: %s", name, how)
	}
	return found, nil
}

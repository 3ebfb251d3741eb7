package amdcode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// ErrNoMCA is a machine without llvm-mca.
var ErrNoMCA = errors.New("llvm-mca is not installed (Debian: llvm-15)")

var throughput = regexp.MustCompile(`Block RThroughput:\s+([\d.]+)`)

// Cycles returns how many cycles of issue llvm-mca gives a turn of the loop, on a
// processor such as gfx1030: no memory, no cache, no bank of shared memory in
// anybody's way.
func (l Loop) Cycles(ctx context.Context, processor string) (float64, error) {
	tool, err := findMCA()
	if err != nil {
		return 0, err
	}
	var text bytes.Buffer
	for _, line := range l.body {
		if !jump.MatchString(line) {
			fmt.Fprintln(&text, line)
		}
	}
	c := exec.CommandContext(ctx, tool, "-mtriple=amdgcn", "-mcpu="+processor, "-iterations=10")
	c.Stdin = &text
	out, err := c.CombinedOutput()
	m := throughput.FindSubmatch(out)
	if m == nil {
		first, _, _ := strings.Cut(string(out), "\n")
		return 0, fmt.Errorf("%s: %w: %s", tool, errors.Join(err, errors.New("no throughput")), first)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

func findMCA() (string, error) {
	for _, name := range []string{"llvm-mca", "llvm-mca-15", "llvm-mca-16", "llvm-mca-17", "llvm-mca-18", "llvm-mca-19", "llvm-mca-14"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoMCA
}

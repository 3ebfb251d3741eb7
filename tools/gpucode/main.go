// Command gpucode has Mesa's RADV compile every kernel that GPUs run, for AMD GPUs
// that are not there, reads the machine code and writes docs/gpu-code.md and the
// figures that package paper predicts by (gpu/paper/code.json).
//
// With -check it compiles the products again and compares them with what was
// recorded: no spill, no load under a branch in a loop that multiplies, and no
// share of multiply-accumulates that fell by more than three points. Shares are
// held where Mesa is of the version that they were recorded with.
//
// Run it by `make gpu-code`, in the repository's root.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/gpu/paper"
)

// families are the GPUs compiled for, with the names that RADV and LLVM have for
// them.
var families = []struct{ name, processor string }{{"vega10", "gfx900"}, {"navi10", "gfx1010"}, {"navi21", "gfx1030"}, {"navi31", "gfx1100"}, {"gfx1201", "gfx1201"}}

// recorded with the Mesa of Debian 12, which knows these.
var known = []string{"vega10", "navi10", "navi21"}

const (
	figures  = "gpu/paper/code.json"
	document = "docs/gpu-code.md"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("gpucode: ")
	check := flag.Bool("check", false, "compare the products with what was recorded, for navi21 and vega10")
	child := flag.Bool("child", false, "compile for RADV_FORCE_FAMILY and print what came of it")
	from := flag.Int("from", 0, "with -child: the first use to compile")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch {
	case *child:
		err = compile(os.Stdout, *from, *check)
	case *check:
		err = compare(ctx)
	default:
		err = record(ctx)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// record compiles for every family that the Mesa at hand knows and writes the
// figures and the document.
func record(ctx context.Context) error {
	var all paper.Code
	for _, f := range families {
		family, err := compiled(ctx, f.name, f.processor, false)
		if errors.Is(err, errUnknown) && !slices.Contains(known, f.name) {
			log.Printf("%s: %v", f.name, err)
			continue
		}
		if err != nil {
			return err
		}
		log.Printf("%s: %d uses of kernels", f.name, len(family.Uses))
		all.Families = append(all.Families, family)
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	text = bytes.ReplaceAll(text, []byte(`{"kernel"`), []byte("\n"+`{"kernel"`)) // a line each
	if err := os.WriteFile(figures, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(document, []byte(write(all)), 0o644)
}

var errUnknown = errors.New("this Mesa does not know it")

// compiled has a process of its own compile for a family: a kernel that the compiler
// dies of takes that process with it, and the next one goes on behind it.
func compiled(ctx context.Context, family, processor string, products bool) (paper.Family, error) {
	self, err := os.Executable()
	if err != nil {
		return paper.Family{}, err
	}
	drivers, _ := filepath.Glob("/usr/share/vulkan/icd.d/radeon_icd*.json")
	if len(drivers) == 0 {
		return paper.Family{}, errors.New("no driver RADV of Mesa is installed (Debian: mesa-vulkan-drivers)")
	}
	out := paper.Family{Name: family, Processor: processor}
	for at, total := 0, 1; at < total; {
		c := exec.CommandContext(ctx, self, "-child", fmt.Sprintf("-check=%t", products), fmt.Sprintf("-from=%d", at))
		c.Env = append(os.Environ(), "RADV_FORCE_FAMILY="+family, "VK_ICD_FILENAMES="+drivers[0], "VK_DRIVER_FILES="+drivers[0])
		c.Stderr = io.Discard // a driver's remarks
		pipe, err := c.StdoutPipe()
		if err != nil {
			return out, err
		}
		if err := c.Start(); err != nil {
			return out, err
		}
		before := at
		lines := bufio.NewScanner(pipe)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var l line
			if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
				break
			}
			total, out.Driver = l.Total, l.Driver
			if !strings.Contains(strings.ToLower(l.Device), family) {
				_ = c.Wait()
				return out, fmt.Errorf("%s: %w: it compiles for %s", family, errUnknown, l.Device)
			}
			if l.Use != nil {
				out.Uses = append(out.Uses, *l.Use)
			}
			at++
		}
		err = c.Wait()
		if at == before && at == 0 {
			return out, fmt.Errorf("%s: %w: %w", family, errUnknown, err)
		}
		if at < total { // it died
			out.Uses = append(out.Uses, paper.Use{Kernel: fmt.Sprintf("use %d", at), Error: fmt.Sprint("the compiler died: ", err)})
			at++
		}
	}
	return out, nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/gpu/paper"
	"github.com/vkeras/vkeras/internal/amdcode"
	"github.com/vkeras/vkeras/shaders"
)

// line is what a child prints of a use.
type line struct {
	Device, Driver string
	Total          int
	Use            *paper.Use // nil: the device cannot run it
}

// uses returns what is compiled: the kernels that GPUs run, or the products alone.
func uses(products bool) []shaders.Use {
	var list []shaders.Use
	for k := range shaders.All() {
		if k.Tile.Lanes > 0 || k.Emulated || k.Precision == "" || k.Texels > 0 && k.Tile.Rows == 0 && strings.Contains(k.Name, "texels") || products && k.Tile.Depth == 0 {
			continue
		}
		list = append(list, k.Uses()...)
	}
	return list
}

// compile compiles the uses on the device at hand.
func compile(w io.Writer, from int, products bool) error {
	d, err := gpu.Open(gpu.Choice{Compiles: true})
	if err != nil {
		return err
	}
	defer d.Close()
	list := uses(products)
	out := json.NewEncoder(w)
	for _, u := range list[min(from, len(list)):] {
		l := line{Device: d.Info().Name, Driver: d.Info().Driver, Total: len(list)}
		use, err := inspect(d, u, !products)
		if err == nil {
			l.Use = &use
		} else if !errors.Is(err, gpu.ErrNoKernel) {
			l.Use = &paper.Use{Kernel: u.Kernel.Name, Name: u.Name, Error: err.Error()}
		}
		if err := out.Encode(l); err != nil {
			return err
		}
	}
	return nil
}

// inspect compiles a use and reads its code; issue asks llvm-mca too.
func inspect(d *gpu.Device, u shaders.Use, issue bool) (paper.Use, error) {
	use := paper.Use{Kernel: u.Kernel.Name, Name: u.Name}
	found, err := d.Inspect(u.Kernel)
	if err != nil {
		return use, err
	}
	if len(found) != 1 {
		return use, fmt.Errorf("%s: expected one executable, found %d", u.Kernel.Name, len(found))
	}
	use.Subgroup = found[0].Subgroup
	for _, s := range found[0].Statistics {
		n, ok := s.Value.(uint64)
		if !ok {
			continue
		}
		switch s.Name {
		case "VGPRs":
			use.VGPRs = int(n)
		case "Spilled VGPRs", "Spilled SGPRs":
			use.Spilled += int(n)
		case "LDS size":
			use.Shared = int(n)
		case "Subgroups per SIMD":
			use.Waves = int(n)
		}
	}
	for _, f := range found[0].Forms {
		if !strings.Contains(f.Name, "ssembly") && !strings.Contains(f.Name, "ISA") {
			continue
		}
		use.Instructions = amdcode.Instructions(f.Text)
		use.Loops = amdcode.Loops(f.Text)
	}
	if use.Instructions == 0 {
		return use, fmt.Errorf("%s: the driver shows no machine code", u.Kernel.Name)
	}
	if issue && u.Kernel.Tile.Depth > 0 && len(use.Loops) == 1 {
		if processor := processorOf(os.Getenv("RADV_FORCE_FAMILY")); processor != "" {
			if use.Cycles, err = use.Loops[0].Cycles(context.Background(), processor); errors.Is(err, amdcode.ErrNoMCA) {
				err = nil
			}
		}
	}
	return use, err
}

func processorOf(family string) string {
	for _, f := range families {
		if f.name == family {
			return f.processor
		}
	}
	return ""
}

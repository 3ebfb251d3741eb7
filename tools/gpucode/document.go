package main

import (
	"fmt"
	"strings"

	"github.com/vkeras/vkeras/gpu/paper"
)

// write returns docs/gpu-code.md.
func write(all paper.Code) string {
	var b strings.Builder
	b.WriteString(`# What AMD's compiler makes of the kernels

Written by ` + "`make gpu-code`" + ` from the machine code that Mesa's RADV makes for GPUs that are not there (` + "`RADV_FORCE_FAMILY`" + `).
` + "`docs/kernels.md`" + ` tells what the designs are; ` + "`vkeras kernels`" + ` shows the same for any device.

A product on GPUs is compiled for each way in which it walks over taps and channels: straight on (a 1x1 window that reads every
position), by even slabs of one tap, or over any number of channels. Loop: the innermost one that multiplies, which of a product is
a whole turn over a slab, loads included. MACs: multiply-accumulates an invocation in it, two of a packed instruction, one of
a matrix instruction. Share: MACs an instruction. Wide: loads of 16 bytes, of all loads from memory. Under: loads that a branch jumps
over. Cycles: llvm-mca's for a turn, issue slots alone. Waves: a SIMD, as Mesa counts them. Kernels that no line of a loop is
given for have none that multiplies.
`)
	for _, f := range all.Families {
		fmt.Fprintf(&b, "\n## %s (%s), by %s\n\n", f.Name, f.Processor, f.Driver)
		b.WriteString("| kernel | use | share | MACs | loop | cycles | wide / loads | under | waits | branches | VGPRs | spilled | waves | LDS | instructions |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
		for _, u := range f.Uses {
			if u.Error != "" {
				fmt.Fprintf(&b, "| `%s` | %s | %s |\n", u.Kernel, u.Name, u.Error)
				continue
			}
			l, loop := u.Loop(), "| | | | | | | | "
			if l.MACs > 0 {
				loop = fmt.Sprintf("| %.0f %% | %d | %d | %s | %d / %d | %d | %d | %d ", 100*l.Share(), l.MACs, l.Instructions, cycles(u.Cycles), l.WideLoads, l.Loads, l.LoadsUnder, l.Waits, l.Branches)
			}
			fmt.Fprintf(&b, "| `%s` | %s %s| %d | %d | %d | %d | %d |\n", u.Kernel, u.Name, loop, u.VGPRs, u.Spilled, u.Waves, u.Shared, u.Instructions)
		}
	}
	return b.String()
}

func cycles(n float64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f", n)
}

package cpu

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/klauspost/cpuid/v2"

	"github.com/vkeras/vkeras/cpu/internal/simd"
)

// Processor says what nets run on.
type Processor struct {
	Name    string   // as its maker calls it, or its architecture
	Kernels []string // the sets of kernels that it can run, the fastest first
	Threads int      // of a net that asks for no other number: GOMAXPROCS
}

// Host returns the processor of this machine.
func Host() Processor {
	p := Processor{Name: strings.Join(strings.Fields(cpuid.CPU.BrandName), " "), Threads: runtime.GOMAXPROCS(0)}
	if p.Name == "" {
		p.Name = runtime.GOARCH
	}
	for _, s := range simd.Sets() {
		p.Kernels = append(p.Kernels, s.Name)
	}
	return p
}

// String names the processor with its kernels and threads: "AMD EPYC, avx512,
// 2 threads".
func (p Processor) String() string {
	threads := "1 thread"
	if p.Threads > 1 {
		threads = fmt.Sprintf("%d threads", p.Threads)
	}
	return fmt.Sprintf("%s, %s, %s", p.Name, p.Kernels[0], threads)
}

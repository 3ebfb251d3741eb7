package paper

import (
	_ "embed"
	"encoding/json"
	"sync"

	"github.com/vkeras/vkeras/internal/amdcode"
)

// Code is what AMD's compiler makes of the kernels, as tools/gpucode read it.
type Code struct {
	Families []Family `json:"families"`
}

// Family is the code for one GPU.
type Family struct {
	Name      string `json:"family"`    // RADV's name: navi21
	Processor string `json:"processor"` // LLVM's name: gfx1030
	Driver    string `json:"driver"`
	Uses      []Use  `json:"uses"`
}

// Use is the code of a kernel in one use: see shaders.Kernel.Uses.
type Use struct {
	Kernel       string         `json:"kernel"`
	Name         string         `json:"use,omitempty"`
	Error        string         `json:"error,omitempty"`
	Subgroup     int            `json:"subgroup,omitempty"`
	VGPRs        int            `json:"vgprs,omitempty"`
	Spilled      int            `json:"spilled,omitempty"`
	Shared       int            `json:"shared_memory_bytes,omitempty"`
	Waves        int            `json:"waves_per_simd,omitempty"` // as Mesa counts: of 32 invocations from navi10 on
	Instructions int            `json:"instructions,omitempty"`
	Loops        []amdcode.Loop `json:"loops,omitempty"`  // innermost ones that multiply
	Cycles       float64        `json:"cycles,omitempty"` // of issue, a turn of the loop, by llvm-mca
}

// Share returns multiply-accumulates an instruction of the loop that multiplies
// most; 0 where none does.
func (u Use) Share() float64 { return u.Loop().Share() }

// Loop returns that loop.
func (u Use) Loop() amdcode.Loop {
	var most amdcode.Loop
	for _, l := range u.Loops {
		if l.MACs > most.MACs {
			most = l
		}
	}
	return most
}

// Family returns the code for the GPU of that name.
func (c Code) Family(name string) (Family, bool) {
	for _, f := range c.Families {
		if f.Name == name {
			return f, true
		}
	}
	return Family{}, false
}

// Use returns the code of a kernel in a use.
func (f Family) Use(kernel, name string) (Use, bool) {
	for _, u := range f.Uses {
		if u.Kernel == kernel && u.Name == name {
			return u, true
		}
	}
	return Use{}, false
}

//go:embed code.json
var recorded []byte

// Recorded returns what `make gpu-code` read last.
var Recorded = sync.OnceValue(func() Code {
	var c Code
	if err := json.Unmarshal(recorded, &c); err != nil {
		panic("gpu/paper/code.json: " + err.Error()) // it is embedded, and tested
	}
	return c
})

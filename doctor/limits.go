package doctor

import (
	"fmt"

	"github.com/dustin/go-humanize"

	"github.com/vkeras/vkeras/gpu"
)

// Consequence is a limit or feature of a device, and what it decides.
type Consequence struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Means string `json:"means"`
}

// consequences lists the limits and features that matter.
func consequences(d gpu.Info) []Consequence {
	bytes := func(n int64) string { return humanize.IBytes(uint64(n)) }
	either := func(is bool, yes, no string) string {
		if is {
			return yes
		}
		return no
	}
	const threads, shared = 256, 17 << 10 // of the largest tiled convolution
	return []Consequence{
		{"memory", bytes(d.Memory), "a model's weights and the tensors of a batch must fit"},
		{"buffers", bytes(d.MaxStorageBytes) + " at most", "what a kernel reads or writes beyond that is cut into parts"},
		{"work groups", fmt.Sprintf("%d invocations, %s shared", d.MaxGroup, bytes(int64(d.SharedMemoryBytes))),
			either(d.MaxGroup >= threads && d.SharedMemoryBytes >= shared, "enough for the tiled convolutions", "too little for the tiled convolutions: the plain ones run, slowly")},
		{"subgroups", fmt.Sprintf("of %d", d.Subgroup), either(d.Type == gpu.CPU, "drivers on a CPU share inputs through them", "not used on GPUs")},
		{"timestamps", either(d.Timestamps, "yes", "NO"), either(d.Timestamps, "profile times every step", "profile cannot time steps; bench still times runs")},
		{"float16", either(d.Half, "yes", "no"), either(d.Half, "weights and tensors can be stored in half the memory", "everything is float32")},
		{"matrices", either(d.CooperativeMatrix, "yes", "no"), "cooperative matrices, as in tensor cores"},
	}
}

package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/gpu"
)

func (t *tool) doctor() *cobra.Command {
	var out format
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check the Vulkan installation, the devices and every kernel",
		Long: `Doctor looks at what Vulkan sees: the loader, the driver files and whether each
can be loaded, the devices with the limits that matter, and every kernel on small
shapes against the reference. Where no GPU is found it looks for the usual causes.
The exit status is 1 when a kernel computes wrong results or nothing can be used.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := examine(c.Context(), thisSystem())
			if err != nil {
				return err
			}
			if out.json {
				err = t.writeJSON(r)
			} else {
				err = t.writeHealth(r)
			}
			if err == nil && !r.Healthy {
				err = errReported
			}
			return err
		},
	}
	out.register(c, false)
	return c
}

// health is what doctor finds.
type health struct {
	Schema  string         `json:"schema"`
	Healthy bool           `json:"healthy"`
	Drivers []driverHealth `json:"drivers"`
	Devices []deviceHealth `json:"devices"`
	Causes  []cause        `json:"causes"` // of a GPU's absence
	Error   string         `json:"error,omitempty"`
}

type driverHealth struct {
	File    string `json:"file"`
	Library string `json:"library"`
	Error   string `json:"error,omitempty"`
}

type deviceHealth struct {
	deviceJSON
	Means   []consequence  `json:"means"` // what limits and features decide
	Kernels []kernelHealth `json:"kernels"`
	Error   string         `json:"error,omitempty"`
}

// examine looks at the system, and tries every kernel on every device.
func examine(ctx context.Context, s system) (*health, error) {
	r := &health{Schema: "vkeras.doctor/1", Drivers: []driverHealth{}, Devices: []deviceHealth{}, Causes: []cause{}}
	for _, d := range s.drivers {
		r.Drivers = append(r.Drivers, driverHealth{d.File, d.Library, message(d.Err)})
	}
	all, err := gpu.Devices()
	if err == nil {
		_, err = gpu.Default().Pick(all)
	}
	if err != nil {
		r.Error = oneLine(explain(err))
		r.Causes = s.causes()
		return r, nil
	}
	best, _ := gpu.Default().Pick(all)
	r.Healthy = true
	for _, d := range all {
		h := deviceHealth{deviceJSON: describeDevice(d, d.Index == best.Index)}
		h.Means = consequences(d)
		kernels, err := tryKernels(ctx, d)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		h.Kernels, h.Error = kernels, message(err)
		for _, k := range kernels {
			r.Healthy = r.Healthy && k.Passed
		}
		r.Healthy = r.Healthy && err == nil
		r.Devices = append(r.Devices, h)
	}
	if !best.Type.GPU() {
		r.Causes = s.causes()
	}
	return r, nil
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return oneLine(err)
}

func (t *tool) writeHealth(r *health) error {
	var b strings.Builder
	say := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	say("Driver files")
	for _, d := range r.Drivers {
		if d.Error == "" {
			say("  ok    %s (%s)", d.File, d.Library)
		} else {
			say("  WRONG %s: %s", d.File, d.Error)
		}
	}
	if len(r.Drivers) == 0 {
		say("  none")
	}
	for _, d := range r.Devices {
		say("\nDevice %d: %s (%s)", d.Index, d.Name, d.Type)
		say("  driver      %s, Vulkan %s", d.Driver, d.API)
		for _, m := range d.Means {
			say("  %-11s %s", m.Name, m.Value+": "+m.Means)
		}
		passed := 0
		for _, k := range d.Kernels {
			if k.Passed {
				passed++
			} else {
				say("  WRONG       kernel %s: %s", k.Name, k.Error)
			}
		}
		say("  %-11s %d of %d give what the reference gives, %d cases", "kernels", passed, len(d.Kernels), total(d.Kernels))
		if d.Error != "" {
			say("  WRONG       %s", d.Error)
		}
	}
	if r.Error != "" {
		say("\n%s", r.Error)
	}
	if len(r.Causes) > 0 {
		say("\nWhy no GPU was found")
	}
	for _, c := range r.Causes {
		say("  %s\n    %s", c.Finding, c.Advice)
	}
	_, err := fmt.Fprint(t.stdout, b.String())
	return err
}

func total(kernels []kernelHealth) (n int) {
	for _, k := range kernels {
		n += k.Cases
	}
	return n
}

// consequence is a limit or feature of a device, and what it decides.
type consequence struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Means string `json:"means"`
}

// consequences lists the limits and features that matter.
func consequences(d gpu.Info) []consequence {
	bytes := func(n int64) string { return humanize.IBytes(uint64(n)) }
	either := func(is bool, yes, no string) string {
		if is {
			return yes
		}
		return no
	}
	const threads, shared = 256, 17 << 10 // of the largest tiled convolution
	return []consequence{
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

// system is what is looked at for the causes of a missing GPU.
type system struct {
	root    string // "/", but in tests
	env     func(string) string
	library func(string) error // whether a shared library loads
	drivers []gpu.Driver
}

func thisSystem() system { return system{"/", os.Getenv, gpu.Library, gpu.Drivers()} }

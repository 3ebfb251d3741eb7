package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/doctor"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
)

func (t *tool) devices() *cobra.Command {
	var out format
	c := &cobra.Command{
		Use:   "devices",
		Short: "List the devices that can compute",
		Long: `Devices lists the Vulkan devices that can compute, and the processor, whose native
code needs no driver. * marks what other commands use without --device: the best
GPU, discrete before integrated before virtual, or else the processor. Vulkan
drivers that run on the CPU are used by name alone: native code is faster.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			all, err := gpu.Devices()
			if err != nil && !errors.Is(err, gpu.ErrNoVulkan) {
				return explain(err)
			}
			if err != nil {
				t.say("vkeras: %v", explain(err))
			}
			best := -1 // the processor
			if device, err := (gpu.Choice{RequireGPU: true}).Pick(all); err == nil {
				best = device.Index
			}
			return t.writeDevices(&out, all, best)
		},
	}
	out.register(c, false)
	return c
}

// processorJSON is the processor in the list.
type processorJSON struct {
	Name    string   `json:"name"`
	Kernels []string `json:"kernels"` // the sets that it can run, the fastest first
	Threads int      `json:"threads"`
	Default bool     `json:"default"`
}

// writeDevices lists Vulkan's devices and the processor; best is the index of the
// default, -1 the processor.
func (t *tool) writeDevices(out *format, all []gpu.Info, best int) error {
	host := cpu.Host()
	if out.json {
		list := make([]doctor.Description, len(all))
		for i, d := range all {
			list[i] = doctor.Describe(d, i == best)
		}
		return t.writeJSON(struct {
			Schema    string               `json:"schema"`
			Devices   []doctor.Description `json:"devices"`
			Processor processorJSON        `json:"cpu"`
		}{"vkeras.devices/1", list, processorJSON{host.Name, host.Kernels, host.Threads, best < 0}})
	}
	headings := []string{"", "#", "device", "type", "driver", "Vulkan", "memory", "subgroup"}
	told := slices.ContainsFunc(all, func(d gpu.Info) bool { return d.PCI != "" })
	if told {
		headings = append(headings, "PCI")
	}
	mark := func(yes bool) string {
		if yes {
			return "*"
		}
		return ""
	}
	w := newTable(headings...)
	for i, d := range all {
		row := table.Row{mark(i == best), d.Index, d.Name, d.Kind(), d.Driver, d.API, humanize.IBytes(uint64(d.Memory)), d.Subgroup}
		if told {
			row = append(row, d.PCI)
		}
		w.AppendRow(row)
	}
	w.AppendRow(table.Row{mark(best < 0), engine.CPU, host.Name, "native", fmt.Sprintf("%s kernels, %d threads", host.Kernels[0], host.Threads)})
	if _, err := fmt.Fprintln(t.stdout, w.Render()); err != nil {
		return err
	}
	t.say("For checks: --device %s computes in plain Go, exactly and slowly.", engine.Reference)
	return nil
}

package main

import (
	"fmt"
	"slices"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/doctor"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
)

func (t *tool) devices() *cobra.Command {
	var out format
	c := &cobra.Command{
		Use:   "devices",
		Short: "List the Vulkan devices",
		Long: `Devices lists the Vulkan devices that can compute. * marks the one that other
commands use without --device: discrete, then integrated, then virtual GPUs,
then drivers that run on the CPU.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			all, err := gpu.Devices()
			if err != nil {
				return explain(err)
			}
			best, err := gpu.Default().Pick(all)
			if err != nil {
				return explain(err)
			}
			return t.writeDevices(&out, all, best.Index)
		},
	}
	out.register(c, false)
	return c
}

func (t *tool) writeDevices(out *format, all []gpu.Info, best int) error {
	if out.json {
		list := make([]doctor.Description, len(all))
		for i, d := range all {
			list[i] = doctor.Describe(d, i == best)
		}
		return t.writeJSON(struct {
			Schema  string               `json:"schema"`
			Devices []doctor.Description `json:"devices"`
		}{"vkeras.devices/1", list})
	}
	headings := []string{"", "#", "device", "type", "driver", "Vulkan", "memory", "subgroup"}
	told := slices.ContainsFunc(all, func(d gpu.Info) bool { return d.PCI != "" })
	if told {
		headings = append(headings, "PCI")
	}
	w := newTable(headings...)
	for i, d := range all {
		mark := ""
		if i == best {
			mark = "*"
		}
		row := table.Row{mark, d.Index, d.Name, d.Type, d.Driver, d.API, humanize.IBytes(uint64(d.Memory)), d.Subgroup}
		if told {
			row = append(row, d.PCI)
		}
		w.AppendRow(row)
	}
	if _, err := fmt.Fprintln(t.stdout, w.Render()); err != nil {
		return err
	}
	t.say("Without Vulkan: --device %s computes in plain Go.", engine.Reference)
	return nil
}

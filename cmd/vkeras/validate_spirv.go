package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/infile"
	"github.com/vkeras/vkeras/shaders"
)

// readSPIRV reads what --spirv NAME=FILE names.
func readSPIRV(ctx context.Context, list []string) (map[string][]byte, error) {
	if len(list) == 0 {
		return nil, nil
	}
	code := map[string][]byte{}
	for _, arg := range list {
		name, file, ok := strings.Cut(arg, "=")
		if !ok || file == "" {
			return nil, usagef("--spirv %q: expected NAME=FILE, such as conv2d=mine.spv", arg)
		}
		k, ok := shaders.Named(name)
		if !ok {
			return nil, usagef("--spirv %s: no kernel has that name; `vkeras doctor` lists those of the device", name)
		}
		b, err := infile.Read(ctx, file)
		if err != nil {
			return nil, fmt.Errorf("--spirv: %w", err)
		}
		if err := k.Check(b); err != nil {
			return nil, fmt.Errorf("--spirv %s: %w", file, err)
		}
		code[name] = b
	}
	return code, nil
}

// replacedStatistics is what the device's driver says of a kernel's own code and of
// what stands in for it.
type replacedStatistics struct {
	Kernel  string            `json:"kernel"`
	BuiltIn []kernelStatistic `json:"built_in"`
	Own     []kernelStatistic `json:"own"`
}

// statisticsOfReplaced returns them for the commonest use of each kernel; nil where
// the driver tells nothing.
func statisticsOfReplaced(d *gpu.Device, code map[string][]byte) ([]replacedStatistics, error) {
	var list []replacedStatistics
	for _, name := range slices.Sorted(maps.Keys(code)) {
		k, _ := shaders.Named(name)
		k = k.Uses()[0].Kernel
		builtIn, err := d.Inspect(k)
		if errors.Is(err, gpu.ErrNoStatistics) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		own, err := d.InspectCode(name, code[name], k.Constants...)
		if err != nil {
			return nil, err
		}
		s := replacedStatistics{Kernel: name}
		for _, e := range statisticsOf(builtIn) {
			s.BuiltIn = append(s.BuiltIn, e.Statistics...)
		}
		for _, e := range statisticsOf(own) {
			s.Own = append(s.Own, e.Statistics...)
		}
		list = append(list, s)
	}
	return list, nil
}

// write writes the two side by side.
func (s replacedStatistics) write(w io.Writer) error {
	t := newTable("what the driver says of "+s.Kernel, "built-in", "yours")
	for _, b := range s.BuiltIn {
		row := table.Row{b.Name, b.Value, ""}
		if at := slices.IndexFunc(s.Own, func(o kernelStatistic) bool { return o.Name == b.Name }); at >= 0 {
			row[2] = s.Own[at].Value
		}
		t.AppendRow(row)
	}
	_, err := fmt.Fprintf(w, "\n%s\n", t.Render())
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/infile"
	"github.com/vkeras/vkeras/shaders"
)

// kernelLister is a `vkeras kernels` on its way.
type kernelLister struct {
	*tool
	device     string
	statistics bool
	isa        string
	spirv      string
	constants  string
	out        format
}

func (t *tool) kernels() *cobra.Command {
	l := &kernelLister{tool: t}
	c := &cobra.Command{
		Use:   "kernels [PATTERN...]",
		Short: "List the kernels, and what a driver makes of them",
		Long: `Kernels lists the compute kernels, of all precisions, or those whose names match
a pattern such as 'conv2d_tiles_*'. With --statistics a device's driver compiles
each of them and says of its own code what it wants to: registers, spills, shared
memory, instructions (VK_KHR_pipeline_executable_properties). A kernel whose code
depends on the layer is compiled for its commonest uses: convolutions on GPUs walk
straight over a 1x1 window, by even slabs of one tap, or over any number of
channels.

Nothing runs, so drivers that compile for a device that is not there will do:
RADV_FORCE_FAMILY=navi21 vkeras kernels --statistics`,
		Example: `  vkeras kernels --statistics 'conv2d_*'
  vkeras kernels --isa conv2d_tiles_64x64
  vkeras kernels --spirv mine.spv --constants 1,128
  RADV_FORCE_FAMILY=navi21 vkeras kernels --statistics --json`,
		RunE: func(c *cobra.Command, args []string) error { return l.run(c.Context(), args) },
	}
	f := c.Flags()
	f.StringVarP(&l.device, "device", "d", "", "`INDEX`, part of a name, uuid:..., pci:..., or name:... (default: the best Vulkan device)")
	_ = c.RegisterFlagCompletionFunc("device", completeDevices)
	f.BoolVar(&l.statistics, "statistics", false, "have the device's driver compile them, and show what it says")
	f.StringVar(&l.isa, "isa", "", "print the driver's own forms of the code of the kernel `NAME`, machine code last, or of --spirv's with -")
	f.StringVar(&l.spirv, "spirv", "", "show the statistics of the SPIR-V in `FILE`")
	f.StringVar(&l.constants, "constants", "", "specialization constants 0, 1, ... of --spirv or --isa, as `N,N,...`")
	l.out.register(c, false)
	c.MarkFlagsMutuallyExclusive("isa", "json")
	return c
}

func (l *kernelLister) run(ctx context.Context, patterns []string) error {
	constants, err := l.parseConstants()
	if err != nil {
		return err
	}
	uses, unmatched, err := matching(patterns)
	if err != nil {
		return err
	}
	for _, p := range unmatched {
		fmt.Fprintf(l.stderr, "vkeras: no kernel's name matches %s; `vkeras kernels` lists them\n", shown(p))
	}
	if err := l.show(ctx, uses, constants); err != nil {
		return err
	}
	if len(unmatched) > 0 {
		return errReported
	}
	return nil
}

// show shows what was asked for of some kernels.
func (l *kernelLister) show(ctx context.Context, uses []shaders.Use, constants []uint32) error {
	if len(uses) == 0 {
		return nil
	}
	if !l.statistics && l.isa == "" && l.spirv == "" {
		return l.list(uses)
	}
	if l.device == engine.Reference || l.device == engine.CPU {
		return usagef("--device %s: this is about Vulkan devices", l.device)
	}
	d, err := gpu.Open(gpu.Choice{Name: l.device, Compiles: true}) // a driver that is a CPU has kernels, too
	if err != nil {
		return explain(err)
	}
	l.say("vkeras: compiled by %s, %s", d.Info().Name, d.Info().Driver)
	switch {
	case l.spirv != "":
		err = l.own(ctx, d, constants)
	case l.isa != "":
		err = l.code(d, constants)
	default:
		err = l.compiled(d, uses)
	}
	return errors.Join(err, d.Close())
}

// parseConstants reads --constants.
func (l *kernelLister) parseConstants() ([]uint32, error) {
	var list []uint32
	for word := range strings.SplitSeq(l.constants, ",") {
		if word == "" {
			continue
		}
		v, err := strconv.ParseUint(word, 0, 32)
		if err != nil {
			return nil, usagef("--constants %s: %q is no number of 32 bits", l.constants, word)
		}
		list = append(list, uint32(v))
	}
	return list, nil
}

// matching returns the uses of the kernels whose names match a pattern; of all,
// where there is none.
func matching(patterns []string) (uses []shaders.Use, unmatched []string, err error) {
	matched := make([]bool, len(patterns))
	for k := range shaders.All() {
		found := len(patterns) == 0
		for i, p := range patterns {
			match, err := path.Match(p, k.Name)
			if err != nil {
				return nil, nil, usagef("pattern %q: %w", p, err)
			}
			found, matched[i] = found || match, matched[i] || match
		}
		if found {
			uses = append(uses, k.Uses()...)
		}
	}
	for i, p := range patterns {
		if !matched[i] {
			unmatched = append(unmatched, p)
		}
	}
	return uses, unmatched, nil
}

// kernelRow is a kernel in JSON.
type kernelRow struct {
	Name        string             `json:"name"`
	Precision   string             `json:"precision,omitempty"`
	Source      string             `json:"source"`
	Group       [3]uint32          `json:"work_group"`
	Shared      uint64             `json:"shared_memory_bytes"`
	Tile        [2]int             `json:"tile,omitempty"`
	Use         string             `json:"use,omitempty"`
	Constants   []uint32           `json:"constants,omitempty"`
	Executables []kernelExecutable `json:"executables,omitempty"`
	Error       string             `json:"error,omitempty"`
}

// kernelExecutable is what a driver made of it.
type kernelExecutable struct {
	Name       string            `json:"name"`
	Subgroup   int               `json:"subgroup_size"`
	Statistics []kernelStatistic `json:"statistics"`
}

type kernelStatistic struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

func rowOf(k shaders.Kernel) (kernelRow, error) {
	face, err := k.Interface()
	return kernelRow{Name: k.Name, Precision: string(k.Precision), Source: k.Source, Group: face.Group, Shared: face.Shared, Tile: [2]int{k.Tile.Rows, k.Tile.Columns}}, err
}

// list lists kernels, each once.
func (l *kernelLister) list(uses []shaders.Use) error {
	var rows []kernelRow
	for _, u := range uses {
		if slices.ContainsFunc(rows, func(r kernelRow) bool { return r.Name == u.Kernel.Name }) {
			continue
		}
		row, err := rowOf(u.Kernel)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	if l.out.json {
		return l.writeKernels("", rows)
	}
	w := newTable("kernel", "precision", "work group", "shared memory", "tile", "source")
	for _, r := range rows {
		tile := ""
		if r.Tile[0] > 0 {
			tile = fmt.Sprintf("%d x %d", r.Tile[0], r.Tile[1])
		}
		w.AppendRow(table.Row{r.Name, r.Precision, fmt.Sprintf("%d x %d x %d", r.Group[0], r.Group[1], r.Group[2]), r.Shared, tile, r.Source})
	}
	_, err := fmt.Fprintln(l.stdout, w.Render())
	return err
}

func (l *kernelLister) writeKernels(device string, rows []kernelRow) error {
	return l.writeJSON(struct {
		Schema  string      `json:"schema"`
		Device  string      `json:"device,omitempty"`
		Kernels []kernelRow `json:"kernels"`
	}{"vkeras.kernels/1", device, rows})
}

// compiled shows the statistics of kernels. Those that the device cannot run are
// left out, and counted.
func (l *kernelLister) compiled(d *gpu.Device, uses []shaders.Use) error {
	var rows []kernelRow
	without := 0
	for _, u := range uses {
		row, err := rowOf(u.Kernel)
		if err != nil {
			return err
		}
		found, err := d.Inspect(u.Kernel)
		switch {
		case errors.Is(err, gpu.ErrNoKernel):
			without++
			continue
		case errors.Is(err, gpu.ErrNoStatistics):
			return err
		case err != nil:
			row.Error = err.Error()
		}
		row.Use, row.Constants, row.Executables = u.Name, u.Kernel.Constants, statisticsOf(found)
		rows = append(rows, row)
	}
	if without > 0 {
		l.say("vkeras: %d kernels need what %s lacks", without, d.Info().Name)
	}
	return l.writeStatistics(d, rows)
}

func statisticsOf(found []gpu.Executable) []kernelExecutable {
	var list []kernelExecutable
	for _, e := range found {
		x := kernelExecutable{Name: e.Name, Subgroup: e.Subgroup}
		for _, s := range e.Statistics {
			x.Statistics = append(x.Statistics, kernelStatistic{s.Name, s.Value})
		}
		list = append(list, x)
	}
	return list
}

// writeStatistics writes a row for each executable, a column for each name that
// the driver gives. What is 0 in all rows is named below.
func (l *kernelLister) writeStatistics(d *gpu.Device, rows []kernelRow) error {
	if l.out.json {
		return l.writeKernels(d.Info().Name, rows)
	}
	var names, zero []string
	nonzero := map[string]bool{}
	for _, r := range rows {
		for _, e := range r.Executables {
			for _, s := range e.Statistics {
				if !slices.Contains(names, s.Name) {
					names = append(names, s.Name)
				}
				nonzero[s.Name] = nonzero[s.Name] || fmt.Sprint(s.Value) != "0"
			}
		}
	}
	names = slices.DeleteFunc(names, func(n string) bool {
		if !nonzero[n] {
			zero = append(zero, n)
		}
		return !nonzero[n] || strings.Contains(strings.ToLower(n), "hash") // for drivers' authors
	})
	w := newTable(append([]string{"kernel", "use", "subgroup"}, names...)...)
	for _, r := range rows {
		for _, e := range r.Executables {
			row := table.Row{r.Name, r.Use, e.Subgroup}
			for _, n := range names {
				at := slices.IndexFunc(e.Statistics, func(s kernelStatistic) bool { return s.Name == n })
				if at < 0 {
					row = append(row, "")
				} else {
					row = append(row, e.Statistics[at].Value)
				}
			}
			w.AppendRow(row)
		}
		if r.Error != "" {
			w.AppendRow(table.Row{r.Name, r.Use, r.Error})
		}
	}
	if _, err := fmt.Fprintln(l.stdout, w.Render()); err != nil || len(zero) == 0 {
		return err
	}
	_, err := fmt.Fprintln(l.stdout, "0 everywhere: "+strings.Join(zero, ", "))
	return err
}

// own shows the statistics, or the code, of somebody's own SPIR-V.
func (l *kernelLister) own(ctx context.Context, d *gpu.Device, constants []uint32) error {
	code, err := infile.Read(ctx, l.spirv)
	if err != nil {
		return err
	}
	name := filepath.Base(l.spirv)
	found, err := d.InspectCode(name, code, constants...)
	if err != nil {
		return err
	}
	if l.isa != "" {
		return l.print(found)
	}
	face, err := shaders.Reflect(code)
	if err != nil {
		return err
	}
	return l.writeStatistics(d, []kernelRow{{Name: name, Source: l.spirv, Group: face.Group, Shared: face.Shared, Constants: constants, Executables: statisticsOf(found)}})
}

// code prints what the driver makes of one kernel: of its commonest use, unless
// constants say otherwise.
func (l *kernelLister) code(d *gpu.Device, constants []uint32) error {
	k, ok := shaders.Named(l.isa)
	if !ok {
		return usagef("--isa %s: there is no such kernel; vkeras kernels lists them", l.isa)
	}
	k = k.Uses()[0].Kernel
	if len(constants) > 0 {
		k = k.With(constants...)
	}
	found, err := d.Inspect(k)
	if err != nil {
		return err
	}
	return l.print(found)
}

func (l *kernelLister) print(found []gpu.Executable) error {
	for _, e := range found {
		for _, f := range e.Forms {
			if f.Text == "" {
				continue
			}
			if _, err := fmt.Fprintf(l.stdout, "== %s: %s\n%s\n", e.Name, f.Name, f.Text); err != nil {
				return err
			}
		}
	}
	return nil
}

package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/stat"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// profiler is a `vkeras profile` on its way.
type profiler struct {
	*tool
	model        modelFlags
	device       deviceFlags
	out          format
	runs         int
	by, sort     string
	layerByLayer bool
	trace        string
}

func (t *tool) profile() *cobra.Command {
	p := &profiler{tool: t}
	c := &cobra.Command{
		Use:   "profile [MODEL]",
		Short: "Show where the time goes, by step, block, stage or kernel",
		Long: `Profile times every step of a model by the device's own clock, over --runs runs,
and adds up: steps, gaps between them, upload and readback make the wall time. A
second recording carries the timestamps; what that costs is printed too.

Columns: the median and the 95th percentile of the time, its share of all steps,
multiply-accumulates (a billion of them a second is 2 GFLOP/s), and the bytes
that must move at least: weights, inputs and outputs, each once.`,
		Example: `  vkeras profile --by block
  vkeras profile my_resnet.keras --sort time --trace trace.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := p.model.argument(args); err != nil {
				return err
			}
			return p.run(c.Context())
		},
	}
	p.model.register(c)
	p.device.register(c, 1)
	p.device.passes.register(c)
	p.out.register(c, true)
	c.Flags().IntVarP(&p.runs, "runs", "n", 20, "timed runs")
	c.Flags().StringVar(&p.by, "by", "block", "what a row is: step, layer, block, stage or kernel")
	c.Flags().StringVar(&p.sort, "sort", "order", "order of the rows: order, as they run, or time")
	c.Flags().BoolVar(&p.layerByLayer, "layer-by-layer", false, "one plain kernel a layer, in place of the planned program")
	c.Flags().StringVar(&p.trace, "trace", "", "write one run as a Chrome trace, which Perfetto opens, to `FILE`")
	_ = c.RegisterFlagCompletionFunc("by", cobra.FixedCompletions(groupings, cobra.ShellCompDirectiveNoFileComp))
	return c
}

var groupings = []string{"step", "layer", "block", "stage", "kernel"}

// profileJSON is a profile as --json writes it. Times are in milliseconds.
type profileJSON struct {
	Schema   string       `json:"schema"`
	Model    string       `json:"model"`
	Device   string       `json:"device"`
	Batch    int          `json:"batch"`
	Runs     int          `json:"runs"`
	By       string       `json:"by"`
	Rows     []profileRow `json:"rows"`
	Wall     float64      `json:"wall_ms"`     // median of a run
	Steps    float64      `json:"steps_ms"`    // of it, in steps
	Gaps     float64      `json:"gaps_ms"`     // between steps, submission, waking up
	Upload   float64      `json:"upload_ms"`   // inputs
	Readback float64      `json:"readback_ms"` // outputs
	Untimed  float64      `json:"untimed_wall_ms"`
}

// profileRow is a step, or several together.
type profileRow struct {
	Name     string   `json:"name"`
	Median   float64  `json:"median_ms"`
	P95      float64  `json:"p95_ms"`
	Share    float64  `json:"share"`
	MACs     int64    `json:"macs"` // of the batch
	Bytes    int64    `json:"bytes"`
	GFLOPS   float64  `json:"gflops"`
	GBPerSec float64  `json:"gb_per_second"`
	Kernels  []string `json:"kernels"`

	times []float64 // by run
}

func (p *profiler) run(ctx context.Context) error {
	switch {
	case !slices.Contains(groupings, p.by):
		return usagef("--by %q: expected %s", p.by, strings.Join(groupings, ", "))
	case p.sort != "order" && p.sort != "time":
		return usagef("--sort %q: expected order or time", p.sort)
	case p.runs < 1:
		return usagef("--runs %d: expected 1 or more", p.runs)
	case p.device.name == referenceDevice:
		return usagef("the reference has no steps to time: profile needs a Vulkan device")
	}
	m, name, err := p.model.open()
	if err != nil {
		return err
	}
	e, err := p.device.openNet(p.tool, m.Graph, gpu.Options{Batch: p.device.batch, LayerByLayer: p.layerByLayer})
	if err != nil {
		return err
	}
	defer e.Close()
	profiles, untimed, err := p.measure(ctx, e)
	if err != nil {
		return err
	}
	r := p.report(e, profiles)
	r.Model, r.Device, r.Untimed = name, e.String(), median(untimed)
	if p.trace != "" {
		if err := writeTrace(p.trace, e, profiles[len(profiles)-1]); err != nil {
			return err
		}
	}
	switch {
	case p.out.json:
		return p.writeJSON(r)
	case p.out.csv:
		return p.writeCSV(r)
	}
	return p.write(r)
}

// measure runs with and without timestamps in turn; untimed are the wall times
// without, in ms.
func (p *profiler) measure(ctx context.Context, e onDevice) (profiles []*gpu.Profile, untimed []float64, err error) {
	var x []*nn.Tensor
	for _, in := range e.Program().Graph.Inputs {
		x = append(x, noise(in.Shape.Batch(p.device.batch)))
	}
	for i := range p.runs + 1 { // the first warms up
		begin := time.Now()
		if _, err := e.RunAll(ctx, x); err != nil {
			return nil, nil, err
		}
		wall := ms(time.Since(begin))
		profile, err := e.Profile(ctx, x)
		if err != nil {
			return nil, nil, err
		}
		if i > 0 {
			untimed = append(untimed, wall)
			profiles = append(profiles, profile)
		}
	}
	return profiles, untimed, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// median returns the middle value, or the mean of the two in the middle.
func median(values []float64) float64 { return quantile(0.5, values) }

func quantile(p float64, values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return stat.Quantile(p, stat.Empirical, sorted, nil)
}

// report groups the steps' times.
func (p *profiler) report(e onDevice, profiles []*gpu.Profile) *profileJSON {
	r := &profileJSON{Schema: "vkeras.profile/1", Batch: p.device.batch, Runs: p.runs, By: p.by}
	column := func(of func(*gpu.Profile) time.Duration) float64 {
		var v []float64
		for _, run := range profiles {
			v = append(v, ms(of(run)))
		}
		return median(v)
	}
	r.Wall = column(func(run *gpu.Profile) time.Duration { return run.Wall })
	r.Steps = column(func(run *gpu.Profile) time.Duration { return run.Device })
	r.Gaps = column(func(run *gpu.Profile) time.Duration { return run.Compute - run.Device })
	r.Upload = column(func(run *gpu.Profile) time.Duration { return run.Upload })
	r.Readback = column(func(run *gpu.Profile) time.Duration { return run.Readback })
	at := map[string]int{}
	for i, s := range e.Program().Steps {
		key := p.key(e, s)
		if _, ok := at[key]; !ok {
			at[key] = len(r.Rows)
			r.Rows = append(r.Rows, profileRow{Name: key, times: make([]float64, len(profiles))})
		}
		row := &r.Rows[at[key]]
		row.MACs += s.MACs() * int64(p.device.batch)
		row.Bytes += s.Bytes(p.device.batch)
		for _, k := range e.Kernels(s) {
			if !slices.Contains(row.Kernels, k) {
				row.Kernels = append(row.Kernels, k)
			}
		}
		for j, run := range profiles {
			row.times[j] += ms(run.Steps[i])
		}
	}
	for i := range r.Rows {
		r.Rows[i].finish(r.Steps)
	}
	if p.sort == "time" {
		slices.SortStableFunc(r.Rows, func(a, b profileRow) int { return cmp.Compare(b.Median, a.Median) })
	}
	return r
}

func (row *profileRow) finish(all float64) {
	row.Median, row.P95 = median(row.times), quantile(0.95, row.times)
	row.Share = row.Median / all
	if row.Median > 0 {
		row.GFLOPS = 2 * float64(row.MACs) / row.Median / 1e6
		row.GBPerSec = float64(row.Bytes) / row.Median / 1e6
	}
}

// key names the row that a step belongs to.
func (p *profiler) key(e onDevice, s *plan.Step) string {
	n := s.Nodes[0]
	switch p.by {
	case "layer":
		return n.Layer
	case "block":
		return n.Block
	case "stage":
		return strings.TrimRight(n.Block, "abcdefghijklmnopqrstuvwxyz")
	case "kernel":
		return strings.Join(e.Kernels(s), " + ")
	}
	return s.Name
}

func (p *profiler) write(r *profileJSON) error {
	w := newTable(r.By, "median ms", "p95 ms", "share", "MMAC", "GFLOP/s", "GB/s", "kernels")
	var right []table.ColumnConfig
	for n := 2; n <= 7; n++ {
		right = append(right, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	w.SetColumnConfigs(append(right, table.ColumnConfig{Number: 1, WidthMax: 28}, table.ColumnConfig{Number: 8, WidthMax: 24}))
	for _, row := range r.Rows {
		w.AppendRow(table.Row{row.Name, fmt.Sprintf("%.3f", row.Median), fmt.Sprintf("%.3f", row.P95), fmt.Sprintf("%.1f %%", 100*row.Share),
			fmt.Sprintf("%.2f", float64(row.MACs)/1e6), fmt.Sprintf("%.1f", row.GFLOPS), fmt.Sprintf("%.1f", row.GBPerSec), strings.Join(row.Kernels, " ")})
	}
	_, err := fmt.Fprintf(p.stdout, `%s

wall %.3f ms = steps %.3f + gaps %.3f + upload %.3f + readback %.3f (medians of %d runs; unexplained: %.3f)
without timestamps: %.3f ms
`, w.Render(), r.Wall, r.Steps, r.Gaps, r.Upload, r.Readback, r.Runs, r.Wall-r.Steps-r.Gaps-r.Upload-r.Readback, r.Untimed)
	return err
}

func (p *profiler) writeCSV(r *profileJSON) error {
	w := csv.NewWriter(p.stdout)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	_ = w.Write([]string{r.By, "median_ms", "p95_ms", "share", "macs", "bytes", "gflops", "gb_per_second", "kernels"})
	for _, row := range r.Rows {
		_ = w.Write([]string{row.Name, number(row.Median), number(row.P95), number(row.Share), strconv.FormatInt(row.MACs, 10), strconv.FormatInt(row.Bytes, 10),
			number(row.GFLOPS), number(row.GBPerSec), strings.Join(row.Kernels, " ")})
	}
	w.Flush()
	return w.Error()
}

package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/profile"
)

// benchmark is a `vkeras bench` on its way.
type benchmark struct {
	*tool
	model   modelFlags
	devices []string
	batches []int
	passes  passFlags
	runs    int
	flight  int // runs at once
	alone   bool
	precisionFlags
	out format
}

func (t *tool) bench() *cobra.Command {
	b := &benchmark{tool: t}
	c := &cobra.Command{
		Use:   "bench [MODEL]",
		Short: "Measure latency and throughput",
		Long: `Bench times whole runs, from input in memory to output in memory, on random
inputs: 0.2 s to warm up, then --runs of each batch size on each device, taken in turn,
so that a noisy moment of the machine hits all alike. Beside them it times the
plain Go reference on one image, for three seconds at most, unless --no-reference.

images/s is the batch over the median latency. With --in-flight N, N runs are
under way at a time, which hides what the host does between runs: latencies grow,
and images/s is what all of them together get done.`,
		Example: `  vkeras bench
  vkeras bench --devices all --batch 1,8,32 --json my_resnet.keras
  vkeras bench --in-flight 2 --batch 64`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := b.model.argument(args); err != nil {
				return err
			}
			return b.run(c.Context())
		},
	}
	b.model.register(c)
	b.passes.register(c)
	b.out.register(c, false)
	b.precisionFlags.register(c)
	c.Flags().StringSliceVarP(&b.devices, "devices", "d", nil, "devices, as for --device of other commands, or `all` (default: the best GPU, else "+engine.CPU+")")
	c.Flags().IntSliceVarP(&b.batches, "batch", "b", []int{1, 8}, "batch sizes")
	c.Flags().IntVarP(&b.runs, "runs", "n", 20, "timed runs")
	c.Flags().IntVar(&b.flight, "in-flight", 1, "runs under way at a time")
	c.Flags().BoolVar(&b.alone, "no-reference", false, "leave the plain Go reference out")
	return c
}

func (b *benchmark) run(ctx context.Context) error {
	if b.runs < 1 || b.flight < 1 || len(b.batches) == 0 || slices.Min(b.batches) < 1 {
		return usagef("--runs, --in-flight and --batch must be 1 or more")
	}
	m, name, err := b.model.open()
	if err != nil {
		return err
	}
	runs, err := b.prepare(m.Graph, name)
	defer func() {
		for _, r := range runs {
			r.Close()
		}
	}()
	if err != nil {
		return err
	}
	if err := profile.RunBenches(ctx, runs, b.runs); err != nil {
		return err
	}
	if b.out.json {
		return b.writeJSON(struct {
			Schema string                `json:"schema"`
			Runs   []*profile.Bench      `json:"runs"`
			Memory []profile.BenchMemory `json:"memory"`
		}{"vkeras.bench/1", runs, memories(runs)})
	}
	return b.write(runs)
}

// prepare loads the model on every device for every batch size.
func (b *benchmark) prepare(g *nn.Graph, name string) (runs []*profile.Bench, err error) {
	devices, err := b.list()
	if err != nil {
		return nil, err
	}
	for _, device := range devices {
		batches := b.batches
		if device == engine.Reference && !slices.Contains(b.devices, engine.Reference) {
			batches = []int{1} // nobody asked for more of it
		}
		for _, batch := range batches {
			flags := deviceFlags{name: device, batch: batch, inFlight: b.flight, passes: b.passes, precisionFlags: b.precisionFlags}
			if device == engine.Reference {
				flags.precision = string(nn.FP32) // beside the others, whatever they compute in
			}
			net, err := flags.open(b.tool, g, batch)
			if err != nil {
				return runs, err
			}
			runs = append(runs, profile.NewBench(net, name, profile.Noise(g.Inputs[0].Shape.Batch(batch)), b.flight))
		}
	}
	return runs, nil
}

// list returns the devices to measure, the reference last.
func (b *benchmark) list() ([]string, error) {
	names := slices.DeleteFunc(slices.Clone(b.devices), func(name string) bool { return name == "all" || name == engine.Reference })
	switch {
	case slices.Contains(b.devices, "all"):
		all, err := engine.Devices()
		if err != nil {
			return nil, err
		}
		names = nil
		for _, d := range all {
			switch {
			case d.CompilesOnly:
				b.say("vkeras: %s only compiles: passed over", d.Name)
			case !d.Plain:
				names = append(names, d.Selector)
			}
		}
	case len(b.devices) == 0:
		names = []string{""}
	}
	if !b.alone || slices.Contains(b.devices, engine.Reference) {
		names = append(names, engine.Reference)
	}
	return names, nil
}

// memories lists what the runs' nets hold, where devices tell.
func memories(runs []*profile.Bench) []profile.BenchMemory {
	list := []profile.BenchMemory{}
	for _, r := range runs {
		if m := r.Footprint(); m.Peak > 0 {
			list = append(list, m)
		}
	}
	return list
}

func (b *benchmark) write(runs []*profile.Bench) error {
	w := newTable("device", "precision", "batch", "min ms", "median ms", "p90 ms", "p99 ms", "images/s", "times the reference", "memory")
	var right []table.ColumnConfig
	for n := 3; n <= 10; n++ {
		right = append(right, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	w.SetColumnConfigs(right)
	var reference float64 // images/s, of its first run
	for _, r := range runs {
		if r.Plain() && reference == 0 {
			reference = r.ImagesPerSecond
		}
	}
	for _, r := range runs {
		row := table.Row{r.Device, r.Precision, strconv.Itoa(r.Batch)}
		for _, ms := range []float64{r.LatencyMS.Min, r.LatencyMS.P50, r.LatencyMS.P90, r.LatencyMS.P99} {
			row = append(row, fmt.Sprintf("%.2f", ms))
		}
		times, memory := "-", "-"
		if reference > 0 {
			times = fmt.Sprintf("%.1f", r.ImagesPerSecond/reference)
		}
		if m := r.Footprint(); m.Peak > 0 {
			memory = humanize.IBytes(uint64(m.Peak))
		}
		w.AppendRow(append(row, fmt.Sprintf("%.1f", r.ImagesPerSecond), times, memory))
	}
	_, err := fmt.Fprintln(b.stdout, strings.TrimRight(w.Render(), "\n"))
	return err
}

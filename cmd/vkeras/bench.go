package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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
)

// benchmark is a `vkeras bench` on its way.
type benchmark struct {
	*tool
	model   modelFlags
	devices []string
	batches []int
	passes  passFlags
	runs    int
	out     format
}

func (t *tool) bench() *cobra.Command {
	b := &benchmark{tool: t}
	c := &cobra.Command{
		Use:   "bench [MODEL]",
		Short: "Measure latency and throughput",
		Long: `Bench times whole runs, from input in memory to output in memory, on random
inputs: a warm-up, then --runs of each batch size on each device, taken in turn,
so that a noisy moment of the machine hits all alike.`,
		Example: `  vkeras bench
  vkeras bench my_resnet.keras --batch 1,8,32 --devices 0,reference --json`,
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
	c.Flags().StringSliceVarP(&b.devices, "devices", "d", nil, "devices, as for --device of other commands, or `all` (default: the best Vulkan device)")
	c.Flags().IntSliceVarP(&b.batches, "batch", "b", []int{1, 8}, "batch sizes")
	c.Flags().IntVarP(&b.runs, "runs", "n", 20, "timed runs")
	return c
}

// benchRun is one device with one batch size.
type benchRun struct {
	Device          string  `json:"device"`
	Model           string  `json:"model"`
	Batch           int     `json:"batch"`
	Precision       string  `json:"precision"`
	LatencyMS       latency `json:"latency_ms"`
	ImagesPerSecond float64 `json:"images_per_second"` // at the median

	engine engine
	input  *nn.Tensor
	times  []float64 // ms
}

type latency struct {
	Min float64 `json:"min"`
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
}

func (b *benchmark) run(ctx context.Context) error {
	if b.runs < 1 || len(b.batches) == 0 || slices.Min(b.batches) < 1 {
		return usagef("--runs and --batch must be 1 or more")
	}
	m, name, err := b.model.open()
	if err != nil {
		return err
	}
	runs, err := b.prepare(m.Graph, name)
	defer func() {
		for _, r := range runs {
			r.engine.Close()
		}
	}()
	if err != nil {
		return err
	}
	for i := range b.runs + 1 { // the first warms up
		for _, r := range runs {
			begin := time.Now()
			if _, err := r.engine.Run(ctx, r.input); err != nil {
				return err
			}
			if i > 0 {
				r.times = append(r.times, float64(time.Since(begin))/float64(time.Millisecond))
			}
		}
	}
	for _, r := range runs {
		r.summarize()
	}
	if b.out.json {
		return b.writeJSON(struct {
			Schema string      `json:"schema"`
			Runs   []*benchRun `json:"runs"`
		}{"vkeras.bench/1", runs})
	}
	return b.write(runs)
}

// prepare loads the model on every device for every batch size.
func (b *benchmark) prepare(g *nn.Graph, name string) (runs []*benchRun, err error) {
	devices, err := b.list()
	if err != nil {
		return nil, err
	}
	for _, device := range devices {
		for _, batch := range b.batches {
			flags := deviceFlags{name: device, batch: batch, passes: b.passes}
			e, err := flags.open(b.tool, g, batch)
			if err != nil {
				return runs, err
			}
			runs = append(runs, &benchRun{Device: e.String(), Model: name, Batch: batch, Precision: "fp32", engine: e, input: noise(g.Inputs[0].Shape.Batch(batch))})
		}
	}
	return runs, nil
}

// list returns the devices to measure.
func (b *benchmark) list() ([]string, error) {
	if len(b.devices) == 0 {
		return []string{""}, nil
	}
	if !slices.Contains(b.devices, "all") {
		return b.devices, nil
	}
	all, err := gpu.Devices()
	if err != nil && !errors.Is(err, gpu.ErrNoVulkan) {
		return nil, err
	}
	var names []string
	for _, d := range all {
		names = append(names, d.Selector())
	}
	return append(names, referenceDevice), nil
}

// noise returns values as pictures have them after scaling, the same each time.
func noise(shape nn.Shape) *nn.Tensor {
	rng := rand.New(rand.NewPCG(1, 2))
	t := nn.NewTensor(shape...)
	for i := range t.Data {
		t.Data[i] = rng.Float32()
	}
	return t
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// median returns the value that half of the values do not exceed.
func median(values []float64) float64 { return quantile(0.5, values) }

func quantile(p float64, values []float64) float64 {
	return stat.Quantile(p, stat.Empirical, slices.Sorted(slices.Values(values)), nil)
}

func (r *benchRun) summarize() {
	slices.Sort(r.times)
	at := func(p float64) float64 { return stat.Quantile(p, stat.Empirical, r.times, nil) }
	r.LatencyMS = latency{r.times[0], at(0.5), at(0.9), at(0.99)}
	r.ImagesPerSecond = 1000 * float64(r.Batch) / r.LatencyMS.P50
}

func (b *benchmark) write(runs []*benchRun) error {
	w := newTable("device", "batch", "min ms", "median ms", "p90 ms", "p99 ms", "images/s")
	var right []table.ColumnConfig
	for n := 2; n <= 7; n++ {
		right = append(right, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	w.SetColumnConfigs(right)
	for _, r := range runs {
		row := table.Row{r.Device, strconv.Itoa(r.Batch)}
		for _, ms := range []float64{r.LatencyMS.Min, r.LatencyMS.P50, r.LatencyMS.P90, r.LatencyMS.P99} {
			row = append(row, fmt.Sprintf("%.2f", ms))
		}
		w.AppendRow(append(row, fmt.Sprintf("%.1f", r.ImagesPerSecond)))
	}
	_, err := fmt.Fprintln(b.stdout, strings.TrimRight(w.Render(), "\n"))
	return err
}

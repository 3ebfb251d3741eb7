package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat"

	"github.com/vkeras/vkeras/engine"
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
inputs: a warm-up, then --runs of each batch size on each device, taken in turn,
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
	c.Flags().StringSliceVarP(&b.devices, "devices", "d", nil, "devices, as for --device of other commands, or `all` (default: the best Vulkan device)")
	c.Flags().IntSliceVarP(&b.batches, "batch", "b", []int{1, 8}, "batch sizes")
	c.Flags().IntVarP(&b.runs, "runs", "n", 20, "timed runs")
	c.Flags().IntVar(&b.flight, "in-flight", 1, "runs under way at a time")
	c.Flags().BoolVar(&b.alone, "no-reference", false, "leave the plain Go reference out")
	return c
}

// benchRun is one device with one batch size.
type benchRun struct {
	Device          string  `json:"device"`
	Model           string  `json:"model"`
	Batch           int     `json:"batch"`
	Precision       string  `json:"precision"`
	LatencyMS       latency `json:"latency_ms"`
	ImagesPerSecond float64 `json:"images_per_second"`

	engine engine.Net
	input  *nn.Tensor
	times  []float64 // of runs, in ms
	turns  []float64 // of turns, in ms
	flight int
}

// benchMemory is what a run's net holds on its device, in bytes: all that it
// will ever hold.
type benchMemory struct {
	Device   string `json:"device"`
	Batch    int    `json:"batch"`
	Weights  int64  `json:"weights_bytes"`
	Arena    int64  `json:"arena_bytes"` // of one run in flight
	Staging  int64  `json:"staging_bytes"`
	InFlight int    `json:"in_flight"`
	Peak     int64  `json:"peak_bytes"`
}

type latency struct {
	Min float64 `json:"min"`
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
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
			r.engine.Close()
		}
	}()
	if err != nil {
		return err
	}
	if err := b.measure(ctx, runs); err != nil {
		return err
	}
	for _, r := range runs {
		r.summarize()
	}
	if b.out.json {
		return b.writeJSON(struct {
			Schema string        `json:"schema"`
			Runs   []*benchRun   `json:"runs"`
			Memory []benchMemory `json:"memory"`
		}{"vkeras.bench/1", runs, memories(runs)})
	}
	return b.write(runs)
}

// patience bounds how long the reference is timed, after its first run.
const patience = 3 * time.Second

// measure gives every run its turns.
func (b *benchmark) measure(ctx context.Context, runs []*benchRun) error {
	spent := map[*benchRun]time.Duration{}
	for i := range b.runs + 1 { // the first warms up
		for _, r := range runs {
			plain := r.engine.Device().Info().Plain
			if plain && (i == 0 || spent[r] > patience) { // plain Go has nothing to warm up
				continue
			}
			begin := time.Now()
			if err := r.turn(ctx); err != nil {
				return err
			}
			spent[r] += time.Since(begin)
			if i == 0 {
				r.times, r.turns = nil, nil
			}
		}
	}
	return nil
}

// turnsInFlight is how many runs a turn has for each that is in flight: the
// first and the last of them have less company.
const turnsInFlight = 4

// turn times one run, or, where several are in flight, some of each.
func (r *benchRun) turn(ctx context.Context) error {
	count := 1
	if r.flight > 1 {
		count = turnsInFlight * r.flight
	}
	times := make([]float64, count)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(r.flight)
	begin := time.Now()
	for i := range count {
		group.Go(func() error {
			begin := time.Now()
			_, err := r.engine.Run(ctx, r.input)
			times[i] = ms(time.Since(begin))
			return err
		})
	}
	err := group.Wait()
	r.turns = append(r.turns, ms(time.Since(begin)))
	r.times = append(r.times, times...)
	return err
}

// prepare loads the model on every device for every batch size.
func (b *benchmark) prepare(g *nn.Graph, name string) (runs []*benchRun, err error) {
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
			e, err := flags.open(b.tool, g, batch)
			if err != nil {
				return runs, err
			}
			runs = append(runs, &benchRun{Device: e.Device().String(), Model: name, Batch: batch, Precision: string(e.Precision()), engine: e, input: noise(g.Inputs[0].Shape.Batch(batch)), flight: b.flight})
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
			if !d.Plain {
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
	perTurn := len(r.times) / len(r.turns)
	r.ImagesPerSecond = 1000 * float64(r.Batch*perTurn) / median(r.turns)
}

// memories lists what the runs' nets hold.
func memories(runs []*benchRun) []benchMemory {
	list := []benchMemory{}
	for _, r := range runs {
		if m := r.engine.Footprint(); m.Total() > 0 {
			list = append(list, benchMemory{r.Device, r.Batch, m.Weights, m.Arena, m.Staging, m.InFlight, m.Total()})
		}
	}
	return list
}

func (b *benchmark) write(runs []*benchRun) error {
	w := newTable("device", "precision", "batch", "min ms", "median ms", "p90 ms", "p99 ms", "images/s", "times the reference", "memory")
	var right []table.ColumnConfig
	for n := 3; n <= 10; n++ {
		right = append(right, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	w.SetColumnConfigs(right)
	var reference float64 // images/s, of its first run
	for _, r := range runs {
		if r.engine.Device().Info().Plain && reference == 0 {
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
		if m := r.engine.Footprint(); m.Total() > 0 {
			memory = humanize.IBytes(uint64(m.Total()))
		}
		w.AppendRow(append(row, fmt.Sprintf("%.1f", r.ImagesPerSecond), times, memory))
	}
	_, err := fmt.Fprintln(b.stdout, strings.TrimRight(w.Render(), "\n"))
	return err
}

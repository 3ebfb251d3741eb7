package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu/paper"
	"github.com/vkeras/vkeras/internal/cachefile"
	"github.com/vkeras/vkeras/internal/infile"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/profile"
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
	measureRoof  bool
	chart        bool
	trace, html  string
	compare, on  string
}

func (t *tool) profile() *cobra.Command {
	p := &profiler{tool: t}
	c := &cobra.Command{
		Use:   "profile [MODEL]",
		Short: "Show where the time goes, by step, layer, block, stage or kernel",
		Long: `Profile times every step of a model by the device's own clock, over --runs runs,
and adds up: upload, submission, steps, gaps between them and readback make the
wall time. Runs without timing are measured in turn, so what timing costs is
printed too. On Vulkan devices without timestamps it times blocks, by submissions.

Columns: median and 95th percentile of the time; share of all rows; millions of
multiply-accumulates of the batch; GFLOP/s (a multiply-accumulate is 2 FLOP);
GB/s of the bytes that must move at least (weights, inputs, outputs, each once);
FLOP/B, the ratio of the two; roof, the least time that the device could take as
a share of the time taken; what bounds the row; and its kernel, with the tile of
a work group. docs/profiling.md explains them on an example.

The roof is measured at a device's first use and kept in the user's cache folder.

On a GPU a column says what each row was predicted to take, from our kernels'
machine code and the GPU's limits (see vkeras plan --on); --on GPU predicts
another's time beside what this device takes.`,
		Example: `  vkeras profile
  vkeras profile --by step --sort time my_resnet.keras
  vkeras profile --html profile.html --trace trace.json
  vkeras profile --json > old.json; vkeras profile --compare old.json`,
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
	f := c.Flags()
	f.IntVarP(&p.runs, "runs", "n", 20, "timed runs")
	f.StringVar(&p.by, "by", "", "what a row is: "+strings.Join(kinds(), ", ")+" (default block, or what --compare's file has)")
	f.StringVar(&p.sort, "sort", "order", "order of the rows: order, as they run, or the largest first by "+strings.Join(profile.Orders()[1:], ", "))
	f.BoolVar(&p.layerByLayer, "layer-by-layer", false, "one plain kernel a layer, in place of the planned program")
	f.BoolVar(&p.measureRoof, "measure-roof", false, "measure the device's roof again")
	f.BoolVar(&p.chart, "chart", false, "draw bars in place of the table")
	f.StringVar(&p.trace, "trace", "", "write the median run as a Chrome trace, which Perfetto opens, to `FILE`")
	f.StringVar(&p.html, "html", "", "write a page with charts, for a browser, to `FILE`")
	f.StringVar(&p.on, "on", "", "predict the time on this `GPU` beside: "+strings.Join(paper.Names(), ", ")+", or none (default: on the GPU that computes)")
	_ = c.RegisterFlagCompletionFunc("on", cobra.FixedCompletions(append(paper.Names(), "none"), cobra.ShellCompDirectiveNoFileComp))
	f.StringVar(&p.compare, "compare", "", "say what got faster or slower since `FILE`, which --json wrote")
	c.MarkFlagsMutuallyExclusive("json", "csv", "chart")
	c.MarkFlagsMutuallyExclusive("chart", "compare")
	_ = c.MarkFlagFilename("compare", "json")
	for flag, values := range map[string][]string{"by": kinds(), "sort": profile.Orders()} {
		_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return c
}

func kinds() []string {
	var names []string
	for _, k := range profile.Kinds() {
		names = append(names, string(k))
	}
	return names
}

// check refuses flags of no sense, before anything takes time.
func (p *profiler) check() error {
	switch {
	case p.by != "" && !slices.Contains(kinds(), p.by):
		return usagef("--by %q: expected %s", p.by, strings.Join(kinds(), ", "))
	case !slices.Contains(profile.Orders(), p.sort):
		return usagef("--sort %q: expected %s", p.sort, strings.Join(profile.Orders(), ", "))
	case p.runs < 1:
		return usagef("--runs %d: expected 1 or more", p.runs)
	case p.device.batch < 1:
		return usagef("--batch %d: expected 1 or more", p.device.batch)
	case p.on != "" && p.layerByLayer:
		return usagef("--on predicts the planned program, not --layer-by-layer")
	case p.device.name == engine.Reference:
		return usagef("the reference has no steps to time: profile needs a Vulkan device or %s", engine.CPU)
	}
	return nil
}

func (p *profiler) run(ctx context.Context) error {
	if err := p.check(); err != nil {
		return err
	}
	old, err := p.old(ctx)
	if err != nil {
		return err
	}
	m, err := p.measure(ctx)
	if err != nil {
		return err
	}
	r, err := m.Report(profile.By(p.by))
	if errors.Is(err, profile.ErrByBlock) {
		return usageError{fmt.Errorf("--by %s: %w", p.by, err)}
	} else if err != nil {
		return err
	}
	if err := r.Sort(p.sort); err != nil {
		return usageError{err}
	}
	if old != nil {
		if err := r.Compare(old); err != nil {
			return fmt.Errorf("--compare %s: %w", p.compare, err)
		}
	}
	if err := p.writeFiles(ctx, m); err != nil {
		return err
	}
	switch {
	case p.out.json:
		return p.writeJSON(r)
	case p.out.csv:
		return r.WriteCSV(p.stdout)
	case p.chart:
		return r.WriteChart(p.stdout)
	}
	return r.WriteText(p.stdout)
}

// old reads the profile to compare with, nil if there is none, and decides what
// rows are.
func (p *profiler) old(ctx context.Context) (*profile.Report, error) {
	if p.compare == "" {
		if p.by == "" {
			p.by = string(profile.ByBlock)
		}
		return nil, nil
	}
	f, err := infile.Open(ctx, p.compare)
	if err != nil {
		return nil, fmt.Errorf("--compare: %w", err)
	}
	defer f.Close()
	old, err := profile.Read(f)
	if err != nil {
		return nil, fmt.Errorf("--compare %s: %w", p.compare, err)
	}
	if p.by != "" && p.by != string(old.By) {
		return nil, usagef("--by %s: %s has rows by %s", p.by, p.compare, old.By)
	}
	p.by = string(old.By)
	return old, nil
}

// measure loads the model and runs it on random inputs.
func (p *profiler) measure(ctx context.Context) (*profile.Measurement, error) {
	m, name, err := p.model.open()
	if err != nil {
		return nil, err
	}
	device, err := p.device.openDevice(p.tool)
	if err != nil {
		return nil, err
	}
	defer device.Close()
	folder, _ := cachefile.Folder() // without one the roof is measured every time
	precision, err := nn.ParsePrecision(p.device.precision)
	if err != nil {
		return nil, usagef("--%w", err)
	}
	passes := p.device.passes.over(device.Passes())
	net, err := profile.Load(device, m.Graph, engine.Options{
		Batch: p.device.batch, Passes: &passes, Precision: precision, NoMatrices: p.device.noMatrices, Tune: p.device.tune,
	}, p.layerByLayer)
	if err != nil {
		return nil, explain(err)
	}
	defer net.Close()
	roof, err := net.Roof(ctx, folder, p.measureRoof)
	if err != nil {
		return nil, err
	}
	predicted, err := p.predicted(device, net, roof)
	if err != nil {
		return nil, err
	}
	return net.Measure(ctx, p.device.batch, folder, profile.Options{Model: name, Runs: p.runs, Roof: roof, Predicted: predicted})
}

// predicted returns what a GPU is predicted to take, nil for nothing.
func (p *profiler) predicted(d engine.Device, n profile.Subject, roof *profile.Roof) (*paper.Prediction, error) {
	if p.on == "none" || p.on == "" && !d.Info().GPU || p.layerByLayer {
		return nil, nil
	}
	on := paper.For(d.Info().Name, roof.GFLOPS, roof.GBPerSecond())
	var err error
	if p.on != "" {
		if on, err = paper.Named(p.on); err != nil {
			return nil, usagef("--on: %w", err)
		}
	}
	predicted, err := on.Predict(n.Program(), n.Precision(), p.device.batch)
	switch {
	case err != nil && p.on == "": // nobody asked for it
		p.say("vkeras: the time on %s is not predicted: %s", on, oneLine(err))
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("the time on %s: %w", on, err)
	}
	return &predicted, nil
}

// writeFiles writes the trace and the page where asked for.
func (p *profiler) writeFiles(ctx context.Context, m *profile.Measurement) error {
	if p.trace != "" {
		if err := p.writeFile(ctx, p.trace, m.WriteTrace); err != nil {
			return fmt.Errorf("--trace: %w", err)
		}
	}
	if p.html != "" {
		if err := p.writeFile(ctx, p.html, m.WriteHTML); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
	}
	return nil
}

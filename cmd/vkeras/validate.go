package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/validate"
)

// validation is a `vkeras validate` on its way.
type validation struct {
	*tool
	model  modelFlags
	device deviceFlags
	input  inputFlags
	shown  shownFlags

	batches  []int
	kernels  []string
	planned  bool
	passes   passFlags
	against  string
	judge    string // device
	storage  string // precision
	replaced []string
	runs     int
	tol      string
	json     bool

	graph *nn.Graph
	open  *gpu.Device
}

func (t *tool) validate() *cobra.Command {
	v := &validation{tool: t}
	c := &cobra.Command{
		Use:   "validate [PICTURE...]",
		Short: "Compare every layer on a device with what is right",
		Long: `Validate finds the layer that a device computes wrongly: how wrong it is, where
in the layer the errors sit, and what usually puts errors there.

Every layer is judged twice. Alone, it is fed with the right inputs: only a layer
that is wrong itself fails. In its place, behind all layers before it, it shows
how far errors have drifted. What is right says the built-in reference, which
computes in float64; or real Keras, by --against (tools/keras/reference_npz.py
writes such a file); or another device, by --against-device.

The input is the pictures, prepared as for classify, or --input, or else random.
What may differ follows from the precision and the length of the sums.

With --spirv a kernel's code is replaced by your own, validated, and, when it is
right, timed against the built-in code in alternation.

The exit status is 1 when a layer fails.`,
		Example: `  vkeras validate
  vkeras validate --model my_resnet.keras --planned photo.jpg
  vkeras validate --model my_resnet.keras --against keras.npz --input x.npy --failed
  vkeras validate --kernel all
  vkeras validate --spirv conv2d_1x1=mine.spv --heat maps/`,
		RunE: func(c *cobra.Command, args []string) error { return v.run(c.Context(), args) },
	}
	v.model.register(c)
	c.Flags().StringVarP(&v.device.name, "device", "d", "", "`INDEX`, part of a name, uuid:..., pci:..., or name:... of the device to validate, or "+engine.CPU+" for the native code (default: the best Vulkan device)")
	c.Flags().BoolVar(&v.device.requireGPU, "require-gpu", false, "fail rather than run on a driver that is a CPU")
	v.input.register(c)
	v.shown.register(c)
	c.Flags().IntSliceVarP(&v.batches, "batch", "b", nil, "images at once; several sizes are validated one after the other (default: all images; 2 random ones)")
	c.Flags().BoolVar(&v.planned, "planned", false, "validate the planned program in place of one plain kernel a layer")
	v.passes.register(c)
	c.Flags().StringSliceVar(&v.kernels, "kernel", nil, "force the kernels `NAME`,... one after the other wherever they can compute a layer; all: every one that the device can run")
	c.Flags().StringVar(&v.storage, "precision", "", "fp32, fp16w or fp16, and what may differ accordingly (default: fp32, or that of --kernel)")
	c.Flags().StringVar(&v.against, "against", "", "judge by the layers' outputs in `FILE`.npz, by name, or the model's output in FILE.npy")
	c.Flags().StringVar(&v.judge, "against-device", "", "judge by another device, as for --device")
	c.Flags().StringArrayVar(&v.replaced, "spirv", nil, "`NAME=FILE`: replace a kernel's code by SPIR-V of the same interface, validate it, and time it")
	c.Flags().IntVarP(&v.runs, "runs", "n", 20, "timed runs of --spirv")
	c.Flags().StringVar(&v.tol, "tolerance", "", "`MAX[,NMSE]`: allow every layer a largest error over the RMS of MAX (and an NMSE), not what follows from its sums")
	c.Flags().BoolVar(&v.json, "json", false, "write JSON")
	c.MarkFlagsMutuallyExclusive("against", "against-device")
	_ = c.MarkFlagFilename("against", "npz", "npy")
	_ = c.RegisterFlagCompletionFunc("device", completeDevices)
	_ = c.RegisterFlagCompletionFunc("against-device", completeDevices)
	_ = c.RegisterFlagCompletionFunc("kernel", completeKernels)
	_ = c.RegisterFlagCompletionFunc("precision", cobra.FixedCompletions(names(nn.Precisions()), cobra.ShellCompDirectiveNoFileComp))
	return c
}

func completeKernels(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	d, err := gpu.Open(gpu.Default())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer d.Close()
	return append([]string{allKernels}, d.Kernels()...), cobra.ShellCompDirectiveNoFileComp
}

// allKernels is the --kernel that stands for every one.
const allKernels = "all"

func (v *validation) run(ctx context.Context, args []string) error {
	if err := v.check(args); err != nil {
		return err
	}
	m, name, err := v.model.open()
	if err != nil {
		return err
	}
	v.graph = m.Graph
	if v.device.name != engine.CPU {
		v.open, err = gpu.Open(gpu.Choice{Name: v.device.name, RequireGPU: v.device.requireGPU})
		if err != nil {
			return explain(err)
		}
		defer v.open.Close()
	}
	options, closeJudge, err := v.options(ctx)
	if err != nil {
		return err
	}
	defer closeJudge()
	in, what, err := v.input.read(ctx, v.tool, m.Graph, name, args, options.Judge)
	if err != nil {
		return err
	}
	v.say("model: %s", name)
	if v.open != nil {
		v.say("device: %s, %s", v.open.Info(), v.open.Info().Driver)
	} else {
		v.say("device: %s (native)", cpu.Host())
	}
	v.say("input: %s", what)
	out := validationJSON{Schema: "vkeras.validate/1", Model: name, Input: what, Passed: true}
	if err := v.all(ctx, options, in, &out); err != nil {
		return err
	}
	w := &validationWriter{v.tool, v.shown, v.json, v.runs, len(v.replaced) > 0}
	if err := w.write(ctx, &out); err != nil {
		return err
	}
	if !out.Passed || v.input.failed {
		return errReported
	}
	return nil
}

// check returns an error for flags that make no sense together.
func (v *validation) check(args []string) error {
	switch {
	case v.device.name == engine.Reference:
		return usagef("the reference is what others are held to: --device takes a Vulkan device or %s", engine.CPU)
	case v.device.name == engine.CPU && (v.device.requireGPU || len(v.kernels) > 0 || len(v.replaced) > 0):
		return usagef("--device %s: --require-gpu, --kernel and --spirv are for Vulkan devices", engine.CPU)
	case len(v.input.files) > 0 && len(args) > 0:
		return usagef("PICTURE and --input exclude each other")
	case slices.ContainsFunc(v.batches, func(n int) bool { return n < 1 }):
		return usagef("--batch %v: expected 1 or more", v.batches)
	case v.passes != passFlags{} && !v.planned:
		return usagef("--merge and the --no-... flags are for --planned")
	case v.runs < 1:
		return usagef("--runs %d: expected 1 or more", v.runs)
	case v.judge == engine.Reference:
		v.judge = ""
	}
	return v.shown.check()
}

// options returns what all runs share; the caller calls done when they are over.
func (v *validation) options(ctx context.Context) (o validate.Options, done func(), err error) {
	done = func() {}
	o = validate.Options{Graph: v.graph, Device: v.open, Planned: v.planned}
	if v.planned {
		passes := cpu.Passes()
		if v.open != nil {
			passes = v.open.Passes()
		}
		passes = v.passes.over(passes)
		o.Passes = &passes
	}
	if v.storage != "" {
		if o.Precision, err = nn.ParsePrecision(v.storage); err != nil {
			return o, done, usagef("--%w", err)
		}
	}
	if v.tol != "" {
		if o.Tolerance, err = parseTolerance(v.tol); err != nil {
			return o, done, err
		}
	}
	if o.SPIRV, err = readSPIRV(ctx, v.replaced); err != nil {
		return o, done, err
	}
	switch {
	case v.against != "":
		a, err := validate.OpenArrays(ctx, v.against, v.graph)
		if err != nil {
			return o, done, fmt.Errorf("--against: %w", err)
		}
		o.Judge = a
	case v.judge == engine.CPU:
		o.Judge = validate.Native{}
	case v.judge != "":
		d, err := gpu.Open(gpu.Choice{Name: v.judge})
		if err != nil {
			return o, done, fmt.Errorf("--against-device: %w", explain(err))
		}
		o.Judge, done = validate.Other{Device: d}, func() { d.Close() }
	}
	return o, done, nil
}

// parseTolerance reads MAX[,NMSE]; an NMSE that is not given follows from MAX.
func parseTolerance(text string) (*validate.Tolerance, error) {
	words := strings.Split(text, ",")
	numbers := make([]float64, len(words))
	for i, w := range words {
		n, err := strconv.ParseFloat(strings.TrimSpace(w), 64)
		if err != nil || !(n >= 0) || len(words) > 2 {
			return nil, usagef("--tolerance %q: expected MAX or MAX,NMSE, such as 1e-4 or 1e-4,1e-10", text)
		}
		numbers[i] = n
	}
	if len(numbers) == 1 {
		numbers = append(numbers, numbers[0]*numbers[0]) // no mean square is above the largest
	}
	return &validate.Tolerance{MaxOverRMS: validate.Number(numbers[0]), NMSE: validate.Number(numbers[1])}, nil
}

// all validates every batch size with every kernel that was asked for.
func (v *validation) all(ctx context.Context, o validate.Options, in []*nn.Tensor, out *validationJSON) error {
	kernels, every := v.kernels, slices.Contains(v.kernels, allKernels)
	if every {
		kernels = v.open.Kernels()
	}
	if len(kernels) == 0 {
		kernels = []string{v.onlyReplaced(o)}
	}
	batches := v.batches
	if len(batches) == 0 {
		batches = []int{in[0].Shape[0]}
	}
	for _, batch := range batches {
		o.Inputs = validate.Repeat(in, batch)
		for _, o.Kernel = range kernels {
			r, err := validate.Run(ctx, o)
			if every && errors.Is(err, validate.ErrNotRun) {
				if !slices.Contains(out.Skipped, o.Kernel) {
					out.Skipped = append(out.Skipped, o.Kernel)
				}
				continue
			}
			if errors.Is(err, gpu.ErrNoKernel) {
				return usageError{fmt.Errorf("--kernel: %w", err)}
			}
			if err != nil {
				return err
			}
			out.Runs = append(out.Runs, r)
			out.Passed = out.Passed && r.Totals.Passed
			if len(o.SPIRV) > 0 && r.Totals.Passed {
				timings, err := validate.TimeReplaced(ctx, o, v.runs)
				if err != nil {
					return err
				}
				out.Timings = append(out.Timings, timings...)
				if out.Statistics == nil {
					if out.Statistics, err = statisticsOfReplaced(o.Device, o.SPIRV); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// onlyReplaced returns the one kernel whose code is replaced, "" for none or many:
// forced, it runs where another might have been chosen.
func (v *validation) onlyReplaced(o validate.Options) string {
	if len(o.SPIRV) != 1 || v.planned {
		return ""
	}
	for name := range o.SPIRV {
		return name
	}
	return ""
}

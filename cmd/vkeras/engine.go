package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
)

// deviceVariable is the environment variable that stands for a --device that is
// not given.
const deviceVariable = "VKERAS_DEVICE"

// deviceFromEnvironment does the command's work, on the device that the
// environment names where the command takes one and is not given it.
func deviceFromEnvironment(c *cobra.Command, work func() error) error {
	name, flag := os.Getenv(deviceVariable), c.Flags().Lookup("device")
	if flag == nil {
		flag = c.Flags().Lookup("devices")
	}
	if name == "" || flag == nil || flag.Changed {
		return work()
	}
	if err := flag.Value.Set(name); err != nil {
		return usagef("%s: %w", deviceVariable, err)
	}
	err := work()
	if errors.Is(err, gpu.ErrNoDevice) {
		return usageError{fmt.Errorf("%s: %w", deviceVariable, err)}
	}
	return err
}

// deviceFlags say what a command computes on.
type deviceFlags struct {
	name       string
	requireGPU bool
	batch      int
	passes     passFlags // for commands that register them
	inFlight   int       // batches at once; 0: by how many there are
	precisionFlags
}

func (f *deviceFlags) register(c *cobra.Command, batch int) {
	c.Flags().StringVarP(&f.name, "device", "d", "", "`INDEX`, part of a name, uuid:..., pci:..., name:..., "+engine.CPU+" for native code on the processor, or "+engine.Reference+" for the plain Go implementation (default: the best GPU, else "+engine.CPU+")")
	c.Flags().BoolVar(&f.requireGPU, "require-gpu", false, "fail rather than compute on the CPU")
	c.Flags().IntVarP(&f.batch, "batch", "b", batch, "images computed at once")
	f.precisionFlags.register(c)
	_ = c.RegisterFlagCompletionFunc("device", completeDevices)
}

func completeDevices(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names := []string{engine.CPU, engine.Reference}
	all, err := gpu.Devices()
	if err == nil {
		for _, d := range all {
			names = append(names, fmt.Sprintf("%d\t%s", d.Index, d))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// open puts the graph, of one input and one output, on the device; images is how
// many there will be at most, 0 where that is not known.
func (f *deviceFlags) open(t *tool, g *nn.Graph, images int) (engine.Net, error) {
	if len(g.Inputs) != 1 || len(g.Outputs) != 1 {
		return nil, fmt.Errorf("the model has %d inputs and %d outputs, and this command takes one of each; `vkeras predict` takes any", len(g.Inputs), len(g.Outputs))
	}
	return f.openAll(t, g, images)
}

// openAll is open for a graph with any number of inputs and outputs.
func (f *deviceFlags) openAll(t *tool, g *nn.Graph, images int) (engine.Net, error) {
	if f.batch < 1 {
		return nil, usagef("--batch %d: expected 1 or more", f.batch)
	}
	precision, err := nn.ParsePrecision(f.precision)
	if err != nil {
		return nil, usagef("--%w", err)
	}
	batch := f.batch
	if images > 0 {
		batch = min(batch, images)
	}
	device, err := f.openDevice(t)
	if err != nil {
		return nil, err
	}
	o := engine.Options{Batch: batch, InFlight: f.inFlight, Precision: precision, NoMatrices: f.noMatrices, Tune: f.tune}
	if o.InFlight == 0 && images > batch {
		o.InFlight = device.Info().InFlight
	}
	passes := f.passes.over(device.Passes())
	o.Passes = &passes
	net, err := device.Load(g, o)
	if err != nil {
		return nil, errors.Join(explain(err), device.Close())
	}
	for _, note := range slices.Concat(net.Notes(), device.Doubts()) {
		t.say("vkeras: %s", note)
	}
	return ownNet{net}, nil
}

// openDevice opens the device that the flags mean, and warns where it is not what
// people expect.
func (f *deviceFlags) openDevice(t *tool) (engine.Device, error) {
	if f.requireGPU && (f.name == engine.Reference || f.name == engine.CPU) {
		return nil, usagef("--require-gpu and --device %s exclude each other", f.name)
	}
	d, err := engine.Open(engine.Choice{Name: f.name, RequireGPU: f.requireGPU})
	if err != nil {
		return nil, explain(err)
	}
	if info := d.Info(); info.Why != "" && !t.warned {
		t.warned = true
		t.say("vkeras: %s: computing on the CPU (--device %s). --require-gpu refuses this.", info.Why, engine.CPU)
	}
	return d, nil
}

// ownNet is a net that closes its device, which is for it alone.
type ownNet struct{ engine.Net }

func (n ownNet) Close() error { return errors.Join(n.Net.Close(), n.Device().Close()) }

// explain adds what to do about an error of opening a device.
func explain(err error) error {
	switch {
	case errors.Is(err, gpu.ErrDriverFiles):
		return fmt.Errorf("%w. Unset it or correct it (`vkeras doctor` looks at every driver), or compute without Vulkan: --device %s", err, engine.CPU)
	case errors.Is(err, gpu.ErrManifest):
		return fmt.Errorf("%w. Correct it or move it away (`vkeras doctor` looks at every driver), or compute without Vulkan: --device %s", err, engine.CPU)
	case errors.Is(err, gpu.ErrCompilesOnly):
		return fmt.Errorf("%w; `vkeras devices` lists others", err)
	case errors.Is(err, gpu.ErrNoVulkan):
		return fmt.Errorf("%w. Install your GPU's driver, or a software one (Debian, Ubuntu: apt install libvulkan1 mesa-vulkan-drivers), or compute without Vulkan: --device %s", err, engine.CPU)
	case errors.Is(err, gpu.ErrNoDevice):
		return usageError{fmt.Errorf("%w, %s and %s", err, engine.CPU, engine.Reference)}
	case errors.Is(err, engine.ErrReferencePrecision), errors.Is(err, cpu.ErrPrecision):
		return usageError{fmt.Errorf("--%w", err)}
	}
	return err
}

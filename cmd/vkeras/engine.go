package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// referenceDevice is the --device that computes in plain Go.
const referenceDevice = "reference"

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
	c.Flags().StringVarP(&f.name, "device", "d", "", "`INDEX`, part of a name, uuid:..., pci:..., name:..., or "+referenceDevice+" for the plain Go implementation (default: the best Vulkan device)")
	c.Flags().BoolVar(&f.requireGPU, "require-gpu", false, "fail rather than run on a driver that is a CPU")
	c.Flags().IntVarP(&f.batch, "batch", "b", batch, "images computed at once")
	f.precisionFlags.register(c)
	_ = c.RegisterFlagCompletionFunc("device", completeDevices)
}

func completeDevices(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names := []string{referenceDevice}
	all, err := gpu.Devices()
	if err == nil {
		for _, d := range all {
			names = append(names, fmt.Sprintf("%d\t%s", d.Index, d))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// engine computes a model.
type engine interface {
	Run(ctx context.Context, x *nn.Tensor) (*nn.Tensor, error)
	RunAll(ctx context.Context, in []*nn.Tensor) ([]*nn.Tensor, error)
	Close() error
	String() string
	Precision() gpu.Precision
}

// open puts the graph, of one input and one output, on the device; images is how
// many there will be at most, 0 where that is not known.
func (f *deviceFlags) open(t *tool, g *nn.Graph, images int) (engine, error) {
	if len(g.Inputs) != 1 || len(g.Outputs) != 1 {
		return nil, fmt.Errorf("the model has %d inputs and %d outputs; this command takes one of each", len(g.Inputs), len(g.Outputs))
	}
	return f.openAll(t, g, images)
}

// openAll is open for a graph with any number of inputs and outputs.
func (f *deviceFlags) openAll(t *tool, g *nn.Graph, images int) (engine, error) {
	if f.batch < 1 {
		return nil, usagef("--batch %d: expected 1 or more", f.batch)
	}
	batch := f.batch
	if images > 0 {
		batch = min(batch, images)
	}
	if f.name == referenceDevice {
		if f.requireGPU {
			return nil, usagef("--require-gpu and --device %s exclude each other", referenceDevice)
		}
		if f.precision != "" && f.precision != string(gpu.FP32) {
			return nil, usagef("--precision %s: the reference computes in %s alone", f.precision, gpu.FP32)
		}
		return onCPU{g}, nil
	}
	o := gpu.Options{Batch: batch, InFlight: f.inFlight}
	if o.InFlight == 0 && images > batch {
		o.InFlight = runsInFlight
	}
	return f.openNet(t, g, o)
}

// openNet puts the graph on a Vulkan device.
func (f *deviceFlags) openNet(t *tool, g *nn.Graph, o gpu.Options) (onDevice, error) {
	if err := f.apply(&o); err != nil {
		return onDevice{}, err
	}
	device, err := gpu.Open(gpu.Choice{Name: f.name, RequireGPU: f.requireGPU})
	if err != nil {
		return onDevice{}, explain(err)
	}
	if info := device.Info(); !info.Type.GPU() && f.name == "" && !t.warned {
		t.warned = true
		t.say("vkeras: NO GPU FOUND: computing on the CPU by way of %s, which is slower. --require-gpu refuses this.", info.Name)
	}
	passes := f.passes.over(device.Passes())
	o.Passes = &passes
	net, err := gpu.Load(device, g, o)
	if err != nil {
		device.Close()
		return onDevice{}, err
	}
	if tuned := net.Tuned(); tuned.Measured+tuned.Left > 0 {
		t.say("tuning: the fastest kernels for %d shapes were measured, for %d they were known, %d are left for the next time", tuned.Measured, tuned.Remembered, tuned.Left)
	}
	for _, doubt := range device.Doubts() {
		t.say("vkeras: %s", doubt)
	}
	return onDevice{net, device}, nil
}

// explain adds what to do about an error of opening a device.
func explain(err error) error {
	switch {
	case errors.Is(err, gpu.ErrNoVulkan):
		return fmt.Errorf("%w. Install your GPU's driver, or a software one (Debian, Ubuntu: apt install libvulkan1 mesa-vulkan-drivers), or compute without Vulkan: --device %s", err, referenceDevice)
	case errors.Is(err, gpu.ErrNoDevice):
		return usageError{fmt.Errorf("%w, and %s", err, referenceDevice)}
	}
	return err
}

// onDevice is a net with its device.
type onDevice struct {
	*gpu.Net
	device *gpu.Device
}

func (e onDevice) String() string { return e.device.Info().String() }

func (e onDevice) Close() error { return errors.Join(e.Net.Close(), e.device.Close()) }

// onCPU is the reference.
type onCPU struct{ graph *nn.Graph }

func (e onCPU) Run(ctx context.Context, x *nn.Tensor) (*nn.Tensor, error) {
	out, err := e.RunAll(ctx, []*nn.Tensor{x})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

func (e onCPU) RunAll(ctx context.Context, in []*nn.Tensor) ([]*nn.Tensor, error) {
	return reference.Run(ctx, e.graph, in, nil)
}

func (onCPU) String() string           { return "reference (plain Go)" }
func (onCPU) Precision() gpu.Precision { return gpu.FP32 }
func (onCPU) Close() error             { return nil }

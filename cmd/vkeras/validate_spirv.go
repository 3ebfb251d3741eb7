package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/shaders"
	"github.com/vkeras/vkeras/validate"
)

// readSPIRV reads what --spirv NAME=FILE names.
func readSPIRV(list []string) (map[string][]byte, error) {
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
		b, err := os.ReadFile(file)
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

// timing compares a kernel's replaced code with the built-in code: what all its
// steps take in a run.
type timing struct {
	Kernel  string `json:"kernel"`
	Batch   int    `json:"batch"`
	Planned bool   `json:"planned"`
	Steps   int    `json:"steps"`
	Clock   string `json:"clock"` // device: timestamps of the kernel's steps; wall: whole runs, on devices without
	BuiltIn spread `json:"built_in_ms"`
	Own     spread `json:"own_ms"`
	Ratio   spread `json:"ratio"` // own / built-in, of runs beside each other
}

// spread is the quartiles of some runs, and the ends.
type spread struct {
	Min    float64 `json:"min"`
	Low    float64 `json:"lower_quartile"`
	Median float64 `json:"median"`
	High   float64 `json:"upper_quartile"`
	Max    float64 `json:"max"`
}

func spreadOf(values []float64) spread {
	return spread{slices.Min(values), quantile(0.25, values), median(values), quantile(0.75, values), slices.Max(values)}
}

// verdict says which is faster, if the quartiles do not hold both answers.
func (t timing) verdict() string {
	switch {
	case t.Ratio.High < 1:
		return fmt.Sprintf("yours is faster: it takes %.0f %% of the time", 100*t.Ratio.Median)
	case t.Ratio.Low > 1:
		return fmt.Sprintf("yours is slower: it takes %.0f %% of the time", 100*t.Ratio.Median)
	}
	return "no difference beyond the spread"
}

// time runs both in turn, which of them first changing every time, so that a
// noisy moment of the machine hits both.
func (v *validation) time(ctx context.Context, o validate.Options) ([]timing, error) {
	load := func(code map[string][]byte) (*gpu.Net, error) {
		return gpu.Load(o.Device, o.Graph, gpu.Options{Batch: o.Inputs[0].Shape[0], LayerByLayer: !o.Planned, Precision: o.Precision, Kernel: o.Kernel, SPIRV: code})
	}
	builtIn, err := load(nil)
	if err != nil {
		return nil, err
	}
	defer builtIn.Close()
	own, err := load(o.SPIRV)
	if err != nil {
		return nil, err
	}
	defer own.Close()
	kernels := slices.Sorted(maps.Keys(o.SPIRV))
	times := map[*gpu.Net]map[string][]float64{builtIn: {}, own: {}}
	clock := "device"
	for i := range v.runs + 1 { // the first warms up
		turn := []*gpu.Net{builtIn, own}
		if i%2 == 1 {
			slices.Reverse(turn)
		}
		for _, net := range turn {
			of, how, err := stepTimes(ctx, net, o, kernels)
			if err != nil {
				return nil, err
			}
			for k, t := range of {
				if clock = how; i > 0 {
					times[net][k] = append(times[net][k], t)
				}
			}
		}
	}
	list := make([]timing, len(kernels))
	for i, k := range kernels {
		ratios := make([]float64, v.runs)
		for j := range ratios {
			ratios[j] = times[own][k][j] / times[builtIn][k][j]
		}
		list[i] = timing{Kernel: k, Batch: o.Inputs[0].Shape[0], Planned: o.Planned, Clock: clock,
			BuiltIn: spreadOf(times[builtIn][k]), Own: spreadOf(times[own][k]), Ratio: spreadOf(ratios)}
		for _, s := range own.Program().Steps {
			if slices.Contains(own.Kernels(s), k) {
				list[i].Steps++
			}
		}
	}
	return list, nil
}

// stepTimes runs a batch and returns what the kernels' steps took, in ms; on a
// device without timestamps what all took.
func stepTimes(ctx context.Context, net *gpu.Net, o validate.Options, kernels []string) (map[string]float64, string, error) {
	times := map[string]float64{}
	if net.Clock() != gpu.DeviceClock {
		p, err := net.Profile(ctx, o.Inputs, gpu.NoClock)
		if err != nil {
			return nil, "", err
		}
		for _, k := range kernels {
			times[k] = ms(p.Wall)
		}
		return times, "wall", nil
	}
	p, err := net.Profile(ctx, o.Inputs, gpu.DeviceClock)
	if err != nil {
		return nil, "", err
	}
	for _, s := range p.Submissions {
		for _, w := range s.Work {
			for _, k := range kernels {
				if slices.Contains(net.Kernels(w.Steps[0]), k) {
					times[k] += ms(w.Took)
				}
			}
		}
	}
	return times, "device", nil
}

package validate

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/vkeras/vkeras/gpu"
)

// Timing compares a kernel's replaced code with the built-in code: what all its
// steps take in a run.
type Timing struct {
	Kernel  string `json:"kernel"`
	Batch   int    `json:"batch"`
	Planned bool   `json:"planned"`
	Steps   int    `json:"steps"`
	Clock   string `json:"clock"` // device: timestamps of the kernel's steps; wall: whole runs, on devices without
	BuiltIn Spread `json:"built_in_ms"`
	Own     Spread `json:"own_ms"`
	Ratio   Spread `json:"ratio"` // own / built-in, of runs beside each other
}

// Spread is the quartiles of some runs, and the ends.
type Spread struct {
	Min    float64 `json:"min"`
	Low    float64 `json:"lower_quartile"`
	Median float64 `json:"median"`
	High   float64 `json:"upper_quartile"`
	Max    float64 `json:"max"`
}

func spreadOf(values []float64) Spread {
	sorted := slices.Sorted(slices.Values(values))
	quartile := func(n float64) float64 { return stat.Quantile(n/4, stat.Empirical, sorted, nil) }
	return Spread{slices.Min(values), quartile(1), quartile(2), quartile(3), slices.Max(values)}
}

// Verdict says which is faster, if the quartiles do not hold both answers.
func (t Timing) Verdict() string {
	switch {
	case t.Ratio.High < 1:
		return fmt.Sprintf("yours is faster: it takes %.0f %% of the time", 100*t.Ratio.Median)
	case t.Ratio.Low > 1:
		return fmt.Sprintf("yours is slower: it takes %.0f %% of the time", 100*t.Ratio.Median)
	}
	return "no difference beyond the Spread"
}

// TimeReplaced times the code of Options.SPIRV against the built-in code, by so many
// runs of each in turn, which of them first changing every time, so that a noisy
// moment of the machine hits both. The list has one entry a replaced kernel.
func TimeReplaced(ctx context.Context, o Options, runs int) ([]Timing, error) {
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
	for i := range runs + 1 { // the first warms up
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
	list := make([]Timing, len(kernels))
	for i, k := range kernels {
		ratios := make([]float64, runs)
		for j := range ratios {
			ratios[j] = times[own][k][j] / times[builtIn][k][j]
		}
		list[i] = Timing{Kernel: k, Batch: o.Inputs[0].Shape[0], Planned: o.Planned, Clock: clock,
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
func stepTimes(ctx context.Context, net *gpu.Net, o Options, kernels []string) (map[string]float64, string, error) {
	times := map[string]float64{}
	if net.Clock() != gpu.DeviceClock {
		p, err := net.Profile(ctx, o.Inputs, gpu.NoClock)
		if err != nil {
			return nil, "", err
		}
		for _, k := range kernels {
			times[k] = p.Wall.Seconds() * 1e3
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
					times[k] += w.Took.Seconds() * 1e3
				}
			}
		}
	}
	return times, "device", nil
}

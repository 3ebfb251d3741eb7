package profile

import (
	"time"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// fixed is a measurement with numbers that are easy to check: three runs of
// five steps in three blocks and two submissions. In microseconds, the first
// run takes
//
//	upload 10, submission 0 of 1000 (the device 900: copy 20, steps 300, 200 and
//	200 with gaps of 40 between, the rest behind), submission 1 of 500 (the
//	device 450: steps 250 and 150, a gap of 30, copy out 20), readback 30,
//
// and 10 elsewhere; the second twice, the third three times as long.
func fixed(clock gpu.Clock) *Measurement {
	m := &Measurement{
		about: Report{
			Schema: Schema, Model: "a model", Device: "a device", DeviceType: "discrete GPU", Driver: "driver 1.2", Batch: 2, Precision: "fp32",
			Program: "planned", Clock: clock, Runs: 3,
			Roof: &Roof{GFLOPS: 1000, CopyGBPerSecond: 80, ReadGBPerSecond: 100, DispatchUS: 3, Measured: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		},
		steps: []step{
			{name: "conv1", operation: "Conv2D 7x7/2", output: "(2, 32, 32, 64)", layer: "conv1", block: "conv1", layers: []string{"pad", "conv1", "bn"}, macs: 75_000_000, bytes: 1_500_000,
				product: &Product{M: 2048, N: 64, K: 147}, kernels: []Kernel{{Name: "repack", Dispatches: 1, Groups: 900}, {Name: "conv2d_tiles_64x64", Tile: "64x64", Dispatches: 1, Groups: 32}}},
			{name: "res2a_branch2a_with_a_name_that_is_too_long", operation: "Conv2D 1x1", output: "(2, 16, 16, 64)", layer: "res2a_branch2a", block: "res2a", layers: []string{"res2a_branch2a"}, macs: 2_000_000, bytes: 10_000_000,
				product: &Product{M: 512, N: 64, K: 61}, kernels: []Kernel{{Name: "conv2d_rows_16_with_a_name_that_is_too_long", Tile: "16x32", Dispatches: 1, Groups: 64}}},
			{name: "pool", operation: "MaxPool 3x3/2", output: "(2, 8, 8, 64)", layer: "pool", block: "res2a", layers: []string{"pool"}, bytes: 10_000,
				kernels: []Kernel{{Name: "max_pool", Dispatches: 100, Groups: 100}}},
			{name: "res3b1", operation: "Conv2D 3x3", output: "(2, 8, 8, 64)", layer: "res3b1", block: "res3b1", layers: []string{"res3b1"}, macs: 100_000_000, bytes: 200_000,
				kernels: []Kernel{{Name: "conv2d_tiles_64x64", Tile: "64x64", Dispatches: 1, Groups: 4}}},
			{name: "fc", operation: "Dense", output: "(2, 6)", layer: "fc", block: "fc", layers: []string{"fc"}, macs: 12_000, bytes: 50_000,
				kernels: []Kernel{{Name: "dense", Dispatches: 1, Groups: 1}}},
		},
		blocks: clock == gpu.HostClock,
	}
	var steps []*plan.Step
	index := map[*plan.Step]int{}
	for i, s := range m.steps {
		steps = append(steps, &plan.Step{Name: s.name, Nodes: []*nn.Node{{Name: s.name, Block: s.block}}})
		index[steps[i]] = i
	}
	for _, times := range []time.Duration{1, 2, 3} {
		p := byDevice(steps, times*time.Microsecond)
		if m.blocks {
			p = byHost(steps, times*time.Microsecond)
		}
		m.runs = append(m.runs, newRun(p, index, m.blocks))
		m.plain = append(m.plain, 1500*times*time.Microsecond)
	}
	return m
}

func byDevice(steps []*plan.Step, us time.Duration) *gpu.Profile {
	span := func(at, took time.Duration) gpu.Span { return gpu.Span{At: at * us, Took: took * us} }
	work := func(at, took time.Duration, s *plan.Step) gpu.Work {
		return gpu.Work{Span: span(at, took), Steps: []*plan.Step{s}}
	}
	return &gpu.Profile{
		Upload: span(0, 10),
		Submissions: []gpu.Submission{
			{Span: span(12, 1000), Queue: 60 * us, Busy: 900 * us, CopyIn: span(0, 20),
				Work: []gpu.Work{work(60, 300, steps[0]), work(400, 200, steps[1]), work(640, 200, steps[2])}},
			{Span: span(1015, 500), Queue: 40 * us, Busy: 450 * us, CopyOut: span(430, 20),
				Work: []gpu.Work{work(0, 250, steps[3]), work(280, 150, steps[4])}},
		},
		Readback: span(1518, 30),
		Wall:     1550 * us,
	}
}

// byHost times the blocks, with a submission each.
func byHost(steps []*plan.Step, us time.Duration) *gpu.Profile {
	p := &gpu.Profile{Upload: gpu.Span{Took: 10 * us}, Readback: gpu.Span{At: 1518 * us, Took: 30 * us}, Wall: 1550 * us}
	at := 12 * us
	for _, b := range []struct {
		took  time.Duration
		steps []*plan.Step
	}{{400, steps[:1]}, {600, steps[1:3]}, {300, steps[3:4]}, {200, steps[4:]}} {
		took := b.took * us
		p.Submissions = append(p.Submissions, gpu.Submission{Span: gpu.Span{At: at, Took: took}, Queue: 10 * us,
			Work: []gpu.Work{{Span: gpu.Span{Took: took}, Steps: b.steps}}})
		at += took
	}
	return p
}

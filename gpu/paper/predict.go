package paper

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// What is assumed of every device, since nobody publishes it.
const (
	// latency is what a load from memory takes, in cycles: a turn of a loop whose
	// loads are for the next one takes no less.
	latency = 500
	// launch is what lies between a dispatch and one that waits for it.
	launch = 2 * time.Microsecond
)

// Assumptions says in a sentence what the predictions rest on.
func Assumptions() string {
	return fmt.Sprintf("Assumed: the larger of issue and memory a step; an instruction a slot, %d cycles a load, %v a dispatch; every byte moved once, at the published bandwidth; the boost clock.", latency, launch)
}

// Step is what a step of a program is predicted to take.
type Step struct {
	Step    *plan.Step
	Kernels []string
	Issue   time.Duration // of the kernels' instructions
	Memory  time.Duration // of the bytes that must move
	Time    time.Duration // the larger one, and the launches
}

// Prediction is what a program is predicted to take for a batch.
type Prediction struct {
	Device Device
	Batch  int
	Steps  []Step
	Total  time.Duration
}

// Predict predicts how long a device takes for a batch of a program. The kernels
// are those that package gpu would choose, before tuning.
func (d Device) Predict(p *plan.Program, precision nn.Precision, batch int) (Prediction, error) {
	family, ok := Recorded().Family(d.Family)
	if !ok {
		return Prediction{}, fmt.Errorf("no machine code for %s is recorded: make gpu-code", d.Family)
	}
	dispatches, err := d.dispatches(p, precision, batch)
	if err != nil {
		return Prediction{}, err
	}
	out := Prediction{Device: d, Batch: batch}
	at := map[*plan.Step]int{}
	for _, s := range p.Steps {
		at[s] = len(out.Steps)
		bytes := moved(s, precision, batch)
		out.Steps = append(out.Steps, Step{Step: s, Memory: time.Duration(float64(bytes) / d.GBs)}) // GB/s are bytes a nanosecond
	}
	for _, x := range dispatches {
		s := &out.Steps[at[x.Step]]
		took, err := d.issues(x, family)
		if err != nil {
			return out, err
		}
		s.Kernels = append(s.Kernels, x.Kernel.Name)
		s.Issue += took
		s.Time += launch
	}
	for i := range out.Steps {
		s := &out.Steps[i]
		s.Time += max(s.Issue, s.Memory)
		out.Total += s.Time
	}
	return out, nil
}

// dispatches lowers the program as package gpu does.
func (d Device) dispatches(p *plan.Program, precision nn.Precision, batch int) ([]lower.Dispatch, error) {
	t, err := lower.NewTarget(d.limits(), lower.Options{Precision: precision})
	if err != nil {
		return nil, err
	}
	layout, err := lower.Lay(t, p, batch, false)
	if err != nil {
		return nil, err
	}
	var at int64
	weights := map[*plan.Step]lower.Region{}
	for _, s := range lower.Parts(p) {
		packed, err := lower.Pack(t, s)
		if err != nil {
			return nil, err
		}
		weights[s] = lower.Region{In: lower.Weights, Offset: at, Bytes: packed.Bytes}
		at += (packed.Bytes + t.Align() - 1) / t.Align() * t.Align()
	}
	return lower.Lower(t, p, layout, weights)
}

// moved returns the bytes that a step moves at least.
func moved(s *plan.Step, p nn.Precision, batch int) int64 {
	weights := s.Bytes(0)
	tensors := s.Bytes(batch) - weights
	if p.HalfWeights() {
		weights /= 2
	}
	if p.HalfTensors() {
		tensors /= 2
	}
	return weights + tensors
}

// issues returns how long a dispatch's instructions take, in rounds of as many
// waves as the device holds; the last one may not fill it.
func (d Device) issues(x lower.Dispatch, family Family) (time.Duration, error) {
	use, turns, err := useOf(x, family)
	if err != nil {
		return 0, err
	}
	face, err := x.Kernel.Interface()
	if err != nil {
		return 0, err
	}
	group := int64(face.Group[0]) * int64(face.Group[1]) * int64(face.Group[2])
	waves := int64(x.Groups[0]) * int64(x.Groups[1]) * int64(x.Groups[2]) * ((group + 63) / 64)
	simds := int64(d.Units * d.simds)
	most := int64(max(1, use.Waves/d.halves))
	var cycles int64
	for waves > 0 {
		now := min(waves, most*simds)
		cycles += d.round((now+simds-1)/simds, use, turns)
		waves -= now
	}
	return time.Duration(float64(cycles) / d.GHz), nil
}

// round returns the cycles that a SIMD takes for some waves side by side: their
// instructions, or what one waits for memory where that is longer.
func (d Device) round(waves int64, u Use, turns int64) int64 {
	loop := int64(u.Loop().Instructions)
	issue := waves * int64(d.issue)
	cycles := max(issue*(int64(u.Instructions)-loop), latency)
	if loop > 0 {
		cycles += turns * max(issue*loop, latency)
	}
	return cycles
}

// useOf returns the code that a dispatch runs, and how many turns its loop makes.
func useOf(x lower.Dispatch, family Family) (Use, int64, error) {
	name, turns := "", int64(1)
	if _, ok := x.Kernel.Specialized.(shaders.ProductConstants); ok && x.Kernel.Tile.Depth > 0 {
		var push shaders.ProductPush
		if err := binary.Read(bytes.NewReader(x.Push), binary.LittleEndian, &push); err != nil {
			return Use{}, 0, fmt.Errorf("push constants of %s: %w", x.Kernel.Name, err)
		}
		turns = int64(push.Depth)
		name = []string{shaders.WalkAny: "any", shaders.WalkEven: "even", shaders.WalkStraight: "straight"}[x.Kernel.Constants[0]]
	}
	use, ok := family.Use(x.Kernel.Name, name)
	if !ok && x.Kernel.Tile.Depth == 0 { // newer than the record, and bound by memory mostly
		return Use{Waves: 16}, 1, nil
	}
	if !ok {
		return use, 0, fmt.Errorf("no machine code of %s %s for %s is recorded: make gpu-code", x.Kernel.Name, name, family.Name)
	}
	if use.Error != "" {
		return use, 0, fmt.Errorf("%s for %s: %s", x.Kernel.Name, family.Name, use.Error)
	}
	return use, turns, nil
}

package explore

import (
	"net/http"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

type programAnswer struct {
	Device    string       `json:"device"`
	Word      string       `json:"word"`
	Precision string       `json:"precision"`
	Steps     []stepAnswer `json:"steps"` // none where the device computes layer by layer
	// Nodes that are no step of their own, by what became of them: folded into
	// weights; fused into the step beside them; merged, two convolutions as one step;
	// renamed, the same elements in the same memory.
	Folded     []int `json:"folded"`
	Fused      []int `json:"fused"`
	Merged     []int `json:"merged"`
	Renamed    []int `json:"renamed"`
	Memory     int64 `json:"memory_bytes"` // on the device
	Weights    int64 `json:"weights_bytes"`
	MACs       int64 `json:"macs"`        // of the program, for one picture
	MACsBefore int64 `json:"macs_before"` // of the layers, as written
	Layerwise  bool  `json:"layerwise"`   // the device computes one layer after the other
}

type stepAnswer struct {
	Name    string    `json:"name"`
	Kind    string    `json:"kind"`    // the operation with its window
	Kernels []string  `json:"kernels"` // that run, in order
	Nodes   []int     `json:"nodes"`   // that it computes
	Main    int       `json:"main"`    // the node whose operation runs
	Shape   nn.Shape  `json:"shape"`   // as far as it is computed
	Full    nn.Shape  `json:"full"`    // the layer's
	MACs    int64     `json:"macs"`
	Skipped int64     `json:"macs_skipped"` // at positions that nobody reads
	Read    *readGrid `json:"read"`         // which positions are computed; null for all
	Bytes   int64     `json:"bytes"`        // that must move at least
	Copies  bool      `json:"copies,omitempty"`
}

// readGrid is the positions of a layer's result that are computed.
type readGrid struct {
	Rows axis `json:"rows"`
	Cols axis `json:"cols"`
}

// axis is offset, offset + step, ..., count positions of so many.
type axis struct {
	Offset int `json:"offset"`
	Step   int `json:"step"`
	Count  int `json:"count"`
	Of     int `json:"of"`
}

// program is what the device runs: the plan, with the kernel of each step.
func (x *Explorer) program(r *http.Request) (any, error) {
	c, err := x.desk.choose(r)
	if err != nil {
		return nil, err
	}
	a := programAnswer{
		Word: c.device, Precision: string(c.precision), Steps: []stepAnswer{}, Folded: []int{}, Fused: []int{}, Merged: []int{}, Renamed: []int{},
		MACsBefore: x.graph.MACs(), MACs: x.graph.MACs(),
	}
	err = x.desk.alone(r.Context(), func() error {
		net, err := x.net(c)
		if err != nil {
			return err
		}
		a.Device = net.Device().String()
		f := net.Footprint()
		a.Memory, a.Weights = f.Total(), f.Weights
		p := net.Program()
		if p == nil {
			a.Layerwise = true
			return nil
		}
		a.MACs = p.MACs()
		for _, s := range p.Steps {
			a.add(s, net.Kernels(s))
		}
		for _, v := range p.Values {
			if v.Of != nil {
				a.Renamed = append(a.Renamed, v.Node.Index)
			}
		}
		return nil
	})
	return a, err
}

// add takes in a step and what became of its nodes.
func (a *programAnswer) add(s *plan.Step, kernels []string) {
	step := stepAnswer{
		Name: s.Name, Kind: s.Kind(), Kernels: kernels, Main: s.Main().Index, Shape: s.Out.Shape, Full: s.Out.Node.Shape, MACs: s.MACs(),
		Bytes: s.Bytes(1), Copies: s.Copies, Nodes: []int{}, Read: readOf(s.Out),
	}
	var full int64
	for i, part := range s.Parts() {
		for _, n := range part.Nodes {
			step.Nodes = append(step.Nodes, n.Index)
			full += n.MACs()
			if s.Copies || n == part.Main() {
				continue
			}
			switch n.Op.(type) {
			case *nn.BatchNorm, *nn.Rescale, *nn.Normalize, *nn.LayerScale:
				a.Folded = append(a.Folded, n.Index)
			default:
				a.Fused = append(a.Fused, n.Index)
			}
		}
		if i > 0 {
			a.Merged = append(a.Merged, part.Main().Index)
		}
	}
	if !s.Copies {
		step.Skipped = max(0, full-step.MACs)
	}
	a.Steps = append(a.Steps, step)
}

// readOf returns which positions a value holds, nil for all.
func readOf(v *plan.Value) *readGrid {
	full := v.Node.Shape
	if len(v.Shape) != 3 || len(full) != 3 || v.Shape.Equal(full) {
		return nil
	}
	along := func(i int) axis { return axis{v.Held[i].Offset, v.Held[i].Step, v.Held[i].Count, full[i]} }
	return &readGrid{along(0), along(1)}
}

package plan

import "github.com/vkeras/vkeras/nn"

// DescriptionSchema names the form of a [Description] as JSON.
const DescriptionSchema = "vkeras.plan/1"

// Description is a program in numbers: its steps, what each pass saved, and its
// memory. File, Device, Weights and the steps' Kernels are for whoever knows them.
type Description struct {
	Schema  string          `json:"schema"`
	File    string          `json:"file"`
	Device  string          `json:"device,omitempty"`
	Passes  []DescribedPass `json:"passes"`
	Steps   []DescribedStep `json:"steps"`
	Batch   int             `json:"batch"`
	Weights int64           `json:"weights_bytes,omitempty"` // on the device
	Arena   int64           `json:"arena_bytes"`
	Peak    int64           `json:"peak_bytes"`
	Apart   int64           `json:"bytes_without_sharing"`
}

// DescribedPass is the program's size after a pass.
type DescribedPass struct {
	After string `json:"after"`
	Steps int    `json:"steps"`
	MACs  int64  `json:"macs"`
	Moved int64  `json:"moved_bytes"`  // by all steps, for one image
	Bytes int64  `json:"tensor_bytes"` // of one image
}

// DescribedStep is a step of a [Description].
type DescribedStep struct {
	Name    string     `json:"name"`
	Kind    string     `json:"kind"`
	Kernels []string   `json:"kernels,omitempty"`
	Fused   []string   `json:"layers"`        // what it computes
	Shapes  []nn.Shape `json:"output_shapes"` // two of a merged step
	Full    nn.Shape   `json:"layer_shape"`   // before positions were dropped
	MACs    int64      `json:"macs"`
	Bytes   int64      `json:"moved_bytes"`
}

// Describe describes the program, which the passes o made, for a batch of that many
// images.
func (p *Program) Describe(o Options, batch int) *Description {
	noScratch := func(*Step) int64 { return 0 }
	const align = 64
	l := p.Lay(batch, 4, align, false, noScratch)
	s := &Description{Schema: DescriptionSchema, Batch: batch, Arena: l.Bytes, Peak: l.Peak, Apart: p.Lay(batch, 4, align, true, noScratch).Bytes}
	fused := Options{Fold: o.Fold, Fuse: o.Fuse, Activate: o.Activate, Gate: o.Gate}
	demanded := fused
	demanded.Demand = o.Demand
	for _, stage := range []struct {
		name    string
		applies bool
		o       Options
	}{
		{"layers", true, Options{}},
		{"fold", o.Fold, Options{Fold: o.Fold}},
		{"fuse", o.Fuse, fused},
		{"demand", o.Demand, demanded},
		{"merge", o.Merge, o},
	} {
		if stage.applies {
			q := Compile(p.Graph, stage.o)
			s.Passes = append(s.Passes, DescribedPass{stage.name, len(q.Steps), q.MACs(), q.Bytes(1), q.Lay(1, 4, align, true, noScratch).Bytes})
		}
	}
	for _, step := range p.Steps {
		row := DescribedStep{Name: step.Name, Kind: step.Kind(), Full: step.Out.Node.Shape, MACs: step.MACs(), Bytes: step.Bytes(1)}
		for _, part := range step.Parts() {
			row.Shapes = append(row.Shapes, part.Out.Shape)
			for _, n := range part.Nodes {
				row.Fused = append(row.Fused, n.Name)
			}
		}
		s.Steps = append(s.Steps, row)
	}
	return s
}

// Kind names the step's operation with its window: "Conv2D 3x3/2".
func (s *Step) Kind() string {
	kind := s.Op.Kind()
	if s.Window.Size[0] > 0 {
		kind += " " + s.Window.String()
	}
	return kind
}

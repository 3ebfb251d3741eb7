package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/emicklei/dot"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// planner is a `vkeras plan` on its way.
type planner struct {
	*tool
	model  modelFlags
	device deviceFlags
	out    format
	draw   bool
}

func (t *tool) plan() *cobra.Command {
	p := &planner{tool: t}
	c := &cobra.Command{
		Use:   "plan [MODEL]",
		Short: "Show the program that a device runs for a model",
		Long: `Plan shows the steps that are left of a model's layers once batch normalisation
is folded into weights, padding, sums and rectifiers are fused into convolutions,
positions that nobody reads are dropped, and convolutions of the same input are
merged where the device gains by it; and what each pass saves: multiply-accumulates
(MACs), and the bytes that steps move at least (weights, inputs and outputs, each
once a step). Kernels are those that the device runs; without a Vulkan device, or
with --device reference, there are none.`,
		Example: `  vkeras plan my_resnet.keras
  vkeras plan --no-demand
  vkeras plan --dot | dot -Tsvg > plan.svg`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := p.model.argument(args); err != nil {
				return err
			}
			return p.run()
		},
	}
	p.model.register(c)
	p.device.register(c, 1)
	p.device.passes.register(c)
	p.out.register(c, false)
	c.Flags().BoolVar(&p.draw, "dot", false, "write a drawing for Graphviz's dot")
	c.MarkFlagsMutuallyExclusive("json", "dot")
	return c
}

func (p *planner) run() error {
	if p.device.batch < 1 {
		return usagef("--batch %d: expected 1 or more", p.device.batch)
	}
	m, name, err := p.model.open()
	if err != nil {
		return err
	}
	s, program, err := p.describe(m.Graph)
	if err != nil {
		return err
	}
	s.File = name
	switch {
	case p.draw:
		_, err := fmt.Fprintln(p.stdout, drawing(program))
		return err
	case p.out.json:
		return p.writeJSON(s)
	}
	return p.write(s)
}

// planJSON is a program as --json writes it.
type planJSON struct {
	Schema  string     `json:"schema"`
	File    string     `json:"file"`
	Device  string     `json:"device,omitempty"`
	Passes  []passJSON `json:"passes"`
	Steps   []stepJSON `json:"steps"`
	Batch   int        `json:"batch"`
	Weights int64      `json:"weights_bytes,omitempty"` // on the device
	Arena   int64      `json:"arena_bytes"`
	Peak    int64      `json:"peak_bytes"`
	Apart   int64      `json:"bytes_without_sharing"`
}

// passJSON is the program's size after a pass.
type passJSON struct {
	After string `json:"after"`
	Steps int    `json:"steps"`
	MACs  int64  `json:"macs"`
	Moved int64  `json:"moved_bytes"`  // by all steps, for one image
	Bytes int64  `json:"tensor_bytes"` // of one image
}

type stepJSON struct {
	Name    string     `json:"name"`
	Kind    string     `json:"kind"`
	Kernels []string   `json:"kernels,omitempty"`
	Fused   []string   `json:"layers"`        // what it computes
	Shapes  []nn.Shape `json:"output_shapes"` // two of a merged step
	Full    nn.Shape   `json:"layer_shape"`   // before positions were dropped
	MACs    int64      `json:"macs"`
	Bytes   int64      `json:"moved_bytes"`
}

// describe plans the graph for the device, if there is one.
func (p *planner) describe(g *nn.Graph) (planJSON, *plan.Program, error) {
	var device *gpu.Device
	var net *gpu.Net
	var err error
	if p.device.name != engine.Reference {
		device, net, err = p.device.openVulkan(p.tool, g, gpu.Options{Batch: p.device.batch})
	}
	if errors.Is(err, gpu.ErrNoVulkan) && p.device.name == "" && !p.device.requireGPU {
		p.say("vkeras: no Vulkan device, so the plan is a GPU's, without kernels: %v", err)
		err = nil
	}
	if err != nil {
		return planJSON{}, nil, err
	}
	if net == nil {
		o := p.device.passes.over(plan.All())
		program := plan.Compile(g, o)
		return describePlan(program, o, p.device.batch), program, nil
	}
	defer device.Close()
	defer net.Close()
	s := describePlan(net.Program(), p.device.passes.over(device.Passes()), p.device.batch)
	for i, step := range net.Program().Steps {
		s.Steps[i].Kernels = net.Kernels(step)
	}
	memory := net.Footprint()
	s.Device, s.Weights, s.Arena, s.Peak = device.Info().String(), memory.Weights, memory.Arena, memory.Peak
	return s, net.Program(), nil
}

// describePlan describes a program that these passes made.
func describePlan(p *plan.Program, o plan.Options, batch int) planJSON {
	noScratch := func(*plan.Step) int64 { return 0 }
	const align = 64
	l := p.Lay(batch, 4, align, false, noScratch)
	s := planJSON{Schema: "vkeras.plan/1", Batch: batch, Arena: l.Bytes, Peak: l.Peak, Apart: p.Lay(batch, 4, align, true, noScratch).Bytes}
	fused := plan.Options{Fold: o.Fold, Fuse: o.Fuse, Activate: o.Activate, Gate: o.Gate}
	demanded := fused
	demanded.Demand = o.Demand
	for _, stage := range []struct {
		name    string
		applies bool
		o       plan.Options
	}{
		{"layers", true, plan.Options{}},
		{"fold", o.Fold, plan.Options{Fold: o.Fold}},
		{"fuse", o.Fuse, fused},
		{"demand", o.Demand, demanded},
		{"merge", o.Merge, o},
	} {
		if stage.applies {
			q := plan.Compile(p.Graph, stage.o)
			s.Passes = append(s.Passes, passJSON{stage.name, len(q.Steps), q.MACs(), q.Bytes(1), q.Lay(1, 4, align, true, noScratch).Bytes})
		}
	}
	for _, step := range p.Steps {
		row := stepJSON{Name: step.Name, Kind: kindOf(step), Full: step.Out.Node.Shape, MACs: step.MACs(), Bytes: step.Bytes(1)}
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

// kindOf names a step's operation with its window.
func kindOf(s *plan.Step) string {
	kind := s.Op.Kind()
	if s.Window.Size[0] > 0 {
		kind += " " + s.Window.String()
	}
	return kind
}

func (p *planner) write(s planJSON) error {
	right := func(columns ...int) (list []table.ColumnConfig) {
		for _, n := range columns {
			list = append(list, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
		return list
	}
	steps := newTable("#", "step", "operation", "output", "MACs", "moved", "kernels", "computes")
	steps.SetColumnConfigs(right(1, 5, 6))
	for i, step := range s.Steps {
		macs := "-"
		if step.MACs > 0 {
			macs = humanize.Comma(step.MACs)
		}
		steps.AppendRow(table.Row{i, step.Name, step.Kind, step.shape(), macs, humanize.IBytes(uint64(step.Bytes)), strings.Join(step.Kernels, " + "), strings.Join(step.Fused, " + ")})
	}
	passes := newTable("after", "steps", "MACs", "moved", "tensors")
	passes.SetColumnConfigs(right(2, 3, 4, 5))
	for _, pass := range s.Passes {
		passes.AppendRow(table.Row{pass.After, pass.Steps, humanize.Comma(pass.MACs), humanize.IBytes(uint64(pass.Moved)), humanize.IBytes(uint64(pass.Bytes))})
	}
	_, err := fmt.Fprintf(p.stdout, "%s\n\n%s\n\nmemory for a batch of %d: %s in one arena, of which %s at once; %s if no tensor shared memory\n",
		steps.Render(), passes.Render(), s.Batch, humanize.IBytes(uint64(s.Arena)), humanize.IBytes(uint64(s.Peak)), humanize.IBytes(uint64(s.Apart)))
	return err
}

// shape writes what the step makes, and what it would without demand.
func (s stepJSON) shape() string {
	var shapes []string
	for _, shape := range s.Shapes {
		shapes = append(shapes, shape.String())
	}
	text := strings.Join(shapes, " + ")
	if !s.Shapes[0].Equal(s.Full) {
		text += " of " + s.Full.String()
	}
	return text
}

// drawing draws the program for Graphviz.
func drawing(p *plan.Program) string {
	g := dot.NewGraph(dot.Directed)
	g.NodeInitializer(func(n dot.Node) { n.Attr("shape", "box").Attr("fontname", "sans-serif") })
	makers := map[*plan.Value]dot.Node{}
	for _, v := range p.Inputs {
		makers[v] = g.Node(fmt.Sprintf("%s\n%v", v.Node.Name, v.Shape))
	}
	for i, s := range p.Steps {
		n := g.Node(fmt.Sprintf("%d: %s\n%s\n%v", i, s.Name, kindOf(s), s.Out.Shape))
		for _, v := range s.In {
			g.Edge(makers[v.Root()], n)
		}
		for _, v := range []*plan.Value{s.Residual, s.Gate} {
			if v != nil {
				g.Edge(makers[v.Root()], n).Attr("style", "dashed")
			}
		}
		for _, part := range s.Parts() {
			makers[part.Out] = n
		}
	}
	return g.String()
}

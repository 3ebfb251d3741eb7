package main

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu/paper"
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
	on     string
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
with --device reference, there are none.

With --on it predicts how long a GPU takes that is not there, vega10, navi10 or
navi21, a step: the larger of its instructions, read in the machine code that AMD's
compiler makes of the kernels, and of its bytes at the published bandwidth.`,
		Example: `  vkeras plan my_resnet.keras
  vkeras plan --no-demand
  vkeras plan --on navi21 --batch 8
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
	c.Flags().StringVar(&p.on, "on", "", "predict the time on a `GPU` by its published limits: "+strings.Join(paper.Names(), ", "))
	_ = c.RegisterFlagCompletionFunc("on", cobra.FixedCompletions(paper.Names(), cobra.ShellCompDirectiveNoFileComp))
	c.MarkFlagsMutuallyExclusive("json", "dot")
	c.MarkFlagsMutuallyExclusive("on", "dot")
	c.MarkFlagsMutuallyExclusive("on", "device")
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
	if p.on != "" {
		return (&onPaper{p.tool, p.on, &p.device, p.out}).predict(m.Graph, name)
	}
	s, program, err := p.describe(m.Graph)
	if err != nil {
		return err
	}
	s.File = name
	switch {
	case p.draw:
		_, err := fmt.Fprintln(p.stdout, program.Dot())
		return err
	case p.out.json:
		return p.writeJSON(s)
	}
	return p.write(s)
}

// describe plans the graph for the device; the reference has none, so the plan
// is a GPU's, without kernels.
func (p *planner) describe(g *nn.Graph) (*plan.Description, *plan.Program, error) {
	if p.device.name == engine.Reference {
		o := p.device.passes.over(plan.All())
		program := plan.Compile(g, o)
		return program.Describe(o, p.device.batch), program, nil
	}
	net, err := p.device.openAll(p.tool, g, 0)
	if err != nil {
		return nil, nil, err
	}
	defer net.Close()
	s := net.Program().Describe(p.device.passes.over(net.Device().Passes()), p.device.batch)
	for i, step := range net.Program().Steps {
		s.Steps[i].Kernels = net.Kernels(step)
	}
	memory := net.Footprint()
	s.Device, s.Weights, s.Arena, s.Peak = net.Device().String(), memory.Weights, memory.Arena, memory.Peak
	return s, net.Program(), nil
}

func (p *planner) write(s *plan.Description) error {
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
		steps.AppendRow(table.Row{i, step.Name, step.Kind, stepShape(step), macs, humanize.IBytes(uint64(step.Bytes)), strings.Join(step.Kernels, " + "), strings.Join(step.Fused, " + ")})
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

// stepShape writes what the step makes, and what it would without demand.
func stepShape(s plan.DescribedStep) string {
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

package main

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/emicklei/dot"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// passFlags turn passes of the planner off, for comparison.
type passFlags struct{ noFold, noFuse, noDemand bool }

func (f *passFlags) register(c *cobra.Command) {
	c.Flags().BoolVar(&f.noFold, "no-fold", false, "keep batch normalisation apart from the weights")
	c.Flags().BoolVar(&f.noFuse, "no-fuse", false, "keep padding, sums and rectifiers apart from convolutions")
	c.Flags().BoolVar(&f.noDemand, "no-demand", false, "compute positions that nobody reads")
}

func (f *passFlags) options() plan.Options {
	return plan.Options{Fold: !f.noFold, Fuse: !f.noFuse, Demand: !f.noDemand}
}

func (t *tool) plan() *cobra.Command {
	var model modelFlags
	var passes passFlags
	var out format
	var batch int
	var graph bool
	c := &cobra.Command{
		Use:   "plan [MODEL]",
		Short: "Show the program that a device runs for a model",
		Long: `Plan shows the steps that are left of a model's layers once batch normalisation
is folded into weights, padding, sums and rectifiers are fused into convolutions,
and positions that nobody reads are dropped, with what each pass saves.`,
		Example: `  vkeras plan my_resnet.keras
  vkeras plan --no-demand
  vkeras plan --dot | dot -Tsvg > plan.svg`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if batch < 1 {
				return usagef("--batch %d: expected 1 or more", batch)
			}
			if err := model.argument(args); err != nil {
				return err
			}
			m, name, err := model.open()
			if err != nil {
				return err
			}
			p := plan.Compile(m.Graph, passes.options())
			if graph {
				_, err := fmt.Fprintln(t.stdout, drawing(p))
				return err
			}
			s := describePlan(m.Graph, p, passes.options(), batch)
			s.File = name
			if out.json {
				return t.writeJSON(s)
			}
			return t.writePlan(s)
		},
	}
	model.register(c)
	passes.register(c)
	out.register(c, false)
	c.Flags().IntVarP(&batch, "batch", "b", 1, "images that memory is counted for")
	c.Flags().BoolVar(&graph, "dot", false, "write a drawing for Graphviz's dot")
	c.MarkFlagsMutuallyExclusive("json", "dot")
	return c
}

// planJSON is a program as --json writes it.
type planJSON struct {
	Schema string     `json:"schema"`
	File   string     `json:"file"`
	Passes []passJSON `json:"passes"`
	Steps  []stepJSON `json:"steps"`
	Batch  int        `json:"batch"`
	Arena  int64      `json:"arena_bytes"`
	Peak   int64      `json:"peak_bytes"`
	Apart  int64      `json:"bytes_without_sharing"`
}

// passJSON is the program's size after a pass.
type passJSON struct {
	After string `json:"after"`
	Steps int    `json:"steps"`
	MACs  int64  `json:"macs"`
	Bytes int64  `json:"tensor_bytes"` // of one image
}

type stepJSON struct {
	Name  string   `json:"name"`
	Kind  string   `json:"kind"`
	Fused []string `json:"layers"` // what it computes
	Shape nn.Shape `json:"output_shape"`
	Full  nn.Shape `json:"layer_shape"` // before positions were dropped
	MACs  int64    `json:"macs"`
}

func describePlan(g *nn.Graph, p *plan.Program, o plan.Options, batch int) planJSON {
	noScratch := func(*plan.Step) int64 { return 0 }
	const align = 64
	l := p.Lay(batch, align, false, noScratch)
	s := planJSON{Schema: "vkeras.plan/1", Batch: batch, Arena: l.Bytes, Peak: l.Peak, Apart: p.Lay(batch, align, true, noScratch).Bytes}
	for _, stage := range []struct {
		name    string
		applies bool
		o       plan.Options
	}{
		{"layers", true, plan.Options{}},
		{"fold", o.Fold, plan.Options{Fold: o.Fold}},
		{"fuse", o.Fuse, plan.Options{Fold: o.Fold, Fuse: o.Fuse}},
		{"demand", o.Demand, o},
	} {
		if stage.applies {
			q := plan.Compile(g, stage.o)
			s.Passes = append(s.Passes, passJSON{stage.name, len(q.Steps), q.MACs(), q.Lay(1, align, true, noScratch).Bytes})
		}
	}
	for _, step := range p.Steps {
		var layers []string
		for _, n := range step.Nodes {
			layers = append(layers, n.Name)
		}
		s.Steps = append(s.Steps, stepJSON{step.Name, kindOf(step), layers, step.Out.Shape, step.Out.Node.Shape, step.MACs()})
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

func (t *tool) writePlan(s planJSON) error {
	right := func(columns ...int) (list []table.ColumnConfig) {
		for _, n := range columns {
			list = append(list, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
		return list
	}
	steps := newTable("#", "step", "operation", "output", "MACs", "computes")
	steps.SetColumnConfigs(right(1, 5))
	for i, step := range s.Steps {
		shape, macs := step.Shape.String(), "-"
		if !step.Shape.Equal(step.Full) {
			shape += " of " + step.Full.String()
		}
		if step.MACs > 0 {
			macs = humanize.Comma(step.MACs)
		}
		steps.AppendRow(table.Row{i, step.Name, step.Kind, shape, macs, strings.Join(step.Fused, " + ")})
	}
	passes := newTable("after", "steps", "MACs", "tensors")
	passes.SetColumnConfigs(right(2, 3, 4))
	for _, pass := range s.Passes {
		passes.AppendRow(table.Row{pass.After, pass.Steps, humanize.Comma(pass.MACs), humanize.IBytes(uint64(pass.Bytes))})
	}
	_, err := fmt.Fprintf(t.stdout, "%s\n\n%s\n\nmemory for a batch of %d: %s in one arena, %s if no tensor shared memory\n",
		steps.Render(), passes.Render(), s.Batch, humanize.IBytes(uint64(s.Arena)), humanize.IBytes(uint64(s.Apart)))
	return err
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
		if s.Residual != nil {
			g.Edge(makers[s.Residual.Root()], n).Attr("style", "dashed")
		}
		makers[s.Out] = n
	}
	return g.String()
}

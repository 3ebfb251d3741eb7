package main

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/applications"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
)

func (t *tool) summary() *cobra.Command {
	var model modelFlags
	var out format
	c := &cobra.Command{
		Use:   "summary [MODEL]",
		Short: "List a model's layers, shapes, parameters and multiply-accumulates",
		Long: `Summary lists a model in the manner of Keras's model.summary(), with the
multiply-accumulates (MACs) for one image.`,
		Example: `  vkeras summary my_resnet.keras
  vkeras summary --json | jq .totals`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := model.argument(args); err != nil {
				return err
			}
			m, name, err := model.open()
			if err != nil {
				return err
			}
			s := summarize(m, name)
			if out.json {
				return t.writeJSON(s)
			}
			return t.writeSummary(s)
		},
	}
	model.register(c)
	out.register(c, false)
	return c
}

// summaryJSON is a model as --json writes it.
type summaryJSON struct {
	Schema       string      `json:"schema"`
	File         string      `json:"file"`
	Format       string      `json:"format"`
	Keras        string      `json:"keras,omitempty"`
	Name         string      `json:"name"`
	Architecture string      `json:"architecture,omitempty"`
	Layers       []layerJSON `json:"layers"`
	Totals       totalsJSON  `json:"totals"`
}

type layerJSON struct {
	Name        string   `json:"name"`
	Class       string   `json:"class"`
	Block       string   `json:"block,omitempty"`
	Shape       nn.Shape `json:"output_shape"` // of one image
	Params      int64    `json:"params"`
	MACs        int64    `json:"macs"`
	ConnectedTo []string `json:"connected_to"`
}

type totalsJSON struct {
	Params       int64 `json:"params"`
	Trainable    int64 `json:"trainable_params"`
	NonTrainable int64 `json:"non_trainable_params"`
	WeightBytes  int64 `json:"float32_bytes"`
	MACs         int64 `json:"macs"`
}

func summarize(m *loader.Model, file string) summaryJSON {
	g := m.Graph
	total, trainable := g.Parameters()
	s := summaryJSON{
		Schema: "vkeras.summary/1", File: file, Format: m.Format.String(), Keras: m.KerasVersion, Name: g.Name,
		Architecture: applications.Recognise(g).Architecture,
		Totals:       totalsJSON{total, trainable, total - trainable, 4 * total, g.MACs()},
	}
	for _, l := range g.Layers() {
		row := layerJSON{
			Name: l.Name, Class: l.Class, Block: l.Output().Block, Shape: l.Output().Shape, Params: l.Params(), MACs: l.MACs(), ConnectedTo: []string{},
		}
		for _, n := range l.ConnectedTo() {
			row.ConnectedTo = append(row.ConnectedTo, n.Layer)
		}
		s.Layers = append(s.Layers, row)
	}
	return s
}

func (t *tool) writeSummary(s summaryJSON) error {
	written := s.Format
	if s.Keras != "" {
		written += ", Keras " + s.Keras
	}
	w := newTable("Layer (type)", "Output shape", "Param #", "MACs", "Connected to")
	w.SetColumnConfigs([]table.ColumnConfig{
		{Number: 3, Align: text.AlignRight, AlignHeader: text.AlignRight},
		{Number: 4, Align: text.AlignRight, AlignHeader: text.AlignRight},
	})
	for _, l := range s.Layers {
		macs := "-"
		if l.MACs > 0 {
			macs = humanize.Comma(l.MACs)
		}
		w.AppendRow(table.Row{
			fmt.Sprintf("%s (%s)", l.Name, l.Class), kerasShape(l.Shape), humanize.Comma(l.Params), macs, strings.Join(l.ConnectedTo, ", "),
		})
	}
	_, err := fmt.Fprintf(t.stdout, `Model: %q (%s: %s)
%s

Total params: %s (%s as float32)
Trainable params: %s
Non-trainable params: %s
Multiply-accumulates for one image: %s
`,
		s.Name, s.File, written, w.Render(), humanize.Comma(s.Totals.Params), humanize.IBytes(uint64(s.Totals.WeightBytes)),
		humanize.Comma(s.Totals.Trainable), humanize.Comma(s.Totals.NonTrainable), humanize.Comma(s.Totals.MACs))
	return err
}

// kerasShape writes a shape as Keras does, with its open batch axis.
func kerasShape(s nn.Shape) string {
	parts := []string{"None"}
	for _, d := range s {
		parts = append(parts, fmt.Sprint(d))
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

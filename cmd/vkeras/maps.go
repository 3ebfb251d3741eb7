package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/view"
)

// mapper is a `vkeras maps` on its way.
type mapper struct {
	pictureInput
	model  modelFlags
	device deviceFlags
	out    format
	blocks []string
	layers []string
	folder string
	sheet  view.SheetOptions
}

func (t *tool) maps() *cobra.Command {
	m := &mapper{pictureInput: pictureInput{tool: t}}
	c := &cobra.Command{
		Use:   "maps PICTURE",
		Short: "Draw feature maps",
		Long: `Maps writes what blocks or layers make of a picture, as PNG: a sheet each, with
one small picture a channel, row by row. Black is a channel's least value, light
yellow its largest (with --together, those of all channels); magenta is no number.

Without --block and --layer it draws every block. vkeras profile lists the blocks,
vkeras summary the layers.`,
		Example: `  vkeras maps --block res3a hand.png
  vkeras maps --layer conv1,max_pooling2d --out sheets hand.png`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return m.run(c.Context(), args[0]) },
	}
	m.model.register(c)
	m.device.register(c, 1)
	_ = c.Flags().MarkHidden("batch") // one picture
	m.pictureInput.register(c)
	m.out.register(c, false)
	c.Flags().StringSliceVar(&m.blocks, "block", nil, "`NAMES` of blocks")
	c.Flags().StringSliceVar(&m.layers, "layer", nil, "`NAMES` of layers")
	c.Flags().StringVarP(&m.folder, "out", "o", ".", "`FOLDER` to write to; it is made if need be")
	c.Flags().IntVar(&m.sheet.Columns, "columns", 0, "channels a row (default: about a square)")
	c.Flags().IntVar(&m.sheet.Cell, "cell", 48, "least pixels a channel's picture is wide and high")
	c.Flags().BoolVar(&m.sheet.Together, "together", false, "colour all channels by one range")
	_ = c.MarkFlagDirname("out")
	return c
}

// sheetJSON is a sheet that was written.
type sheetJSON struct {
	File  string   `json:"file"`
	Name  string   `json:"name"` // of the block or layer
	Node  string   `json:"node"` // whose result it shows
	Shape nn.Shape `json:"shape"`
	Min   float64  `json:"min"`
	Max   float64  `json:"max"`
	Zero  float64  `json:"zero_share"` // of all values
}

func (m *mapper) run(ctx context.Context, picture string) error {
	if m.sheet.Columns < 0 || m.sheet.Cell < 1 {
		return usagef("--columns and --cell: expected positive numbers")
	}
	model, name, err := m.model.open()
	if err != nil {
		return err
	}
	if err := m.prepareReader(model, name); err != nil {
		return err
	}
	targets, err := m.targets(model.Graph)
	if err != nil {
		return err
	}
	x := nn.NewTensor(m.Shape().Batch(1)...)
	if _, err := m.Picture(ctx, x.Image(0), picture); err != nil {
		return fmt.Errorf("%s: %w", classify.DisplayName(picture), hint(err))
	}
	nodes := make([]*nn.Node, len(targets))
	for i, t := range targets {
		nodes[i] = t.node
	}
	e, err := m.device.openAll(m.tool, view.Upto(model.Graph, nodes...), 1)
	if err != nil {
		return err
	}
	defer e.Close()
	m.say("device: %s", e.Device())
	m.tell()
	y, err := e.RunAll(ctx, []*nn.Tensor{x})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(m.folder, 0o755); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	var sheets []sheetJSON
	for i, t := range targets {
		s, err := m.draw(ctx, stem(picture), t, &nn.Tensor{Shape: t.node.Shape, Data: y[i].Data})
		if err != nil {
			return err
		}
		sheets = append(sheets, s)
	}
	return m.write(sheets)
}

// target is a node to draw, and what the user calls it.
type target struct {
	name string
	node *nn.Node
}

// targets returns what the flags ask for: by default every block.
func (m *mapper) targets(g *nn.Graph) ([]target, error) {
	blocks := m.blocks
	if len(m.blocks) == 0 && len(m.layers) == 0 {
		blocks = view.Blocks(g)
	}
	var all []target
	for _, name := range blocks {
		n, ok := view.BlockOutput(g, name)
		if !ok {
			return nil, usagef("--block %s: no such block; there is %s", name, strings.Join(view.Blocks(g), ", "))
		}
		all = append(all, target{name, n})
	}
	for _, name := range m.layers {
		n, ok := view.LayerOutput(g, name)
		if !ok {
			return nil, usagef("--layer %s: no such layer; `vkeras summary` lists them", name)
		}
		all = append(all, target{name, n})
	}
	for _, t := range all {
		if len(t.node.Shape) != 3 {
			return nil, usagef("%s: its output has the shape %v, no feature map (H, W, C)", t.name, t.node.Shape)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("the model has no feature maps (H, W, C); `vkeras summary` shows its shapes")
	}
	return all, nil
}

func (m *mapper) draw(ctx context.Context, picture string, t target, x *nn.Tensor) (sheetJSON, error) {
	v := view.ValuesOf(x)
	s := sheetJSON{
		Name: t.name, Node: t.node.Name, Shape: t.node.Shape, File: filepath.Join(m.folder, sheetName(picture, t.name)),
		Min: v.Min, Max: v.Max, Zero: v.Zero,
	}
	sheet, err := view.Sheet(x, m.sheet)
	if err != nil {
		return s, fmt.Errorf("%s: %w", t.name, err)
	}
	return s, m.writePNG(ctx, s.File, sheet)
}

func (m *mapper) write(sheets []sheetJSON) error {
	if m.out.json {
		return m.writeJSON(struct {
			Schema string      `json:"schema"`
			Sheets []sheetJSON `json:"sheets"`
		}{"vkeras.maps/1", sheets})
	}
	w := newTable("what", "shape", "min", "max", "zeros", "file")
	for _, s := range sheets {
		w.AppendRow(table.Row{s.Name, s.Shape.String(), fmt.Sprintf("%.3g", s.Min), fmt.Sprintf("%.3g", s.Max), fmt.Sprintf("%.0f %%", 100*s.Zero), s.File})
	}
	_, err := fmt.Fprintln(m.stdout, w.Render())
	return err
}

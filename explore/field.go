package explore

import (
	"net/http"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/study"
	"github.com/vkeras/vkeras/validate"
)

// cells is how many squares a measured receptive field has along its longer side.
const cells = 16

// pixelsAnswer is a part of the picture, in pixels of the net's input, both ends
// counted.
type pixelsAnswer struct {
	Node   int  `json:"node"`
	Y      int  `json:"y"` // the position that sees it
	X      int  `json:"x"`
	Whole  bool `json:"whole"` // no window bounds it: the position may see all
	Y0     int  `json:"y0"`
	X0     int  `json:"x0"`
	Y1     int  `json:"y1"`
	X1     int  `json:"x1"`
	Height int  `json:"height"` // of the field; beyond the input's edge there is padding
	Width  int  `json:"width"`
	Jump   int  `json:"jump"` // input pixels from one position to the next, along the height
}

// position reads which position of a node a request means.
func (x *Explorer) position(r *http.Request, n *nn.Node) (row, column int, err error) {
	s := planes(n.Shape)
	if row, err = number(r, "y", 0, 0, s[0]-1); err == nil {
		column, err = number(r, "x", 0, 0, s[1]-1)
	}
	return row, column, err
}

// field is the theoretical receptive field of a position, by arithmetic on windows.
func (x *Explorer) field(r *http.Request) (any, error) {
	n, err := x.node(r)
	if err != nil {
		return nil, err
	}
	row, column, err := x.position(r, n)
	if err != nil {
		return nil, err
	}
	return x.sees(n, row, column), nil
}

func (x *Explorer) sees(n *nn.Node, row, column int) pixelsAnswer {
	in := x.graph.Inputs[0].Shape
	a := pixelsAnswer{Node: n.Index, Y: row, X: column, Y1: in[0] - 1, X1: in[1] - 1, Height: in[0], Width: in[1], Whole: true}
	f, ok := x.fields[n]
	if !ok {
		return a
	}
	a.Y0, a.Y1 = f.At(0, row, in[0])
	a.X0, a.X1 = f.At(1, column, in[1])
	a.Height, a.Width, a.Jump, a.Whole = f.Size(0), f.Size(1), f.Jump[0], false
	return a
}

type fieldAnswer struct {
	Node   int               `json:"node"`
	Y      int               `json:"y"`
	X      int               `json:"x"`
	Y0     int               `json:"y0"` // the first pixel of the first square
	X0     int               `json:"x0"`
	Height int               `json:"height"` // squares
	Width  int               `json:"width"`
	Step   int               `json:"step"`   // pixels of a square's side
	Values []validate.Number `json:"values"` // what changing each square did, the largest as 1; 0 only where not a bit changed
	Most   validate.Number   `json:"most"`   // the largest: a sum of absolute differences
}

// measuredField changes the picture square by square and watches one position.
func (x *Explorer) measuredField(r *http.Request) (any, error) {
	n, err := x.node(r)
	if err != nil {
		return nil, err
	}
	p, err := x.picture(r)
	if err != nil {
		return nil, err
	}
	c, err := x.desk.choose(r)
	if err != nil {
		return nil, err
	}
	row, column, err := x.position(r, n)
	if err != nil {
		return nil, err
	}
	k, err := number(r, "channel", -1, -1, n.Shape.Channels()-1)
	if err != nil {
		return nil, err
	}
	if len(x.graph.Inputs[0].Shape) != 3 || n == x.graph.Inputs[0] {
		return nil, refuse("node %d: the input sees itself", n.Index)
	}
	area := x.sees(n, row, column)
	if area.Y1 < area.Y0 || area.X1 < area.X0 {
		return nil, refuse("node %d: the position sees padding alone", n.Index)
	}
	look := study.Look{Node: n, Row: row, Column: column, Channel: k, Top: area.Y0, Left: area.X0, Height: area.Y1 - area.Y0 + 1, Width: area.X1 - area.X0 + 1}
	look.Side = (max(look.Height, look.Width) + cells - 1) / cells
	o := study.Options{Picture: &nn.Tensor{Shape: p.input.Shape.Batch(1), Data: p.input.Data}, Batch: 16}
	o.Low, o.High = x.options.Task.Pictures.Preset.Range()
	var seen *study.Seen
	err = x.desk.alone(r.Context(), func() error {
		device, err := x.desk.device(c.device)
		if err != nil {
			return err
		}
		o.Open = func(g *nn.Graph, batch int) (engine.Net, error) {
			return device.Load(g, engine.Options{Batch: batch, Precision: c.precision, NoMatrices: x.options.NoMatrices})
		}
		seen, err = o.Looks(r.Context(), x.graph, look)
		return err
	})
	if err != nil {
		return nil, err
	}
	a := fieldAnswer{Node: n.Index, Y: row, X: column, Y0: look.Top, X0: look.Left, Height: seen.Rows, Width: seen.Columns, Step: look.Side}
	most := 0.0
	for _, v := range seen.Effect {
		most = max(most, v)
	}
	a.Most = validate.Number(most)
	for _, v := range seen.Effect {
		if most > 0 {
			v /= most
		}
		a.Values = append(a.Values, validate.Number(v))
	}
	return a, nil
}

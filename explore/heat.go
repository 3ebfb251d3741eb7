package explore

import (
	"bytes"
	"errors"
	"image/png"
	"net/http"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/validate"
	"github.com/vkeras/vkeras/view"
)

// Methods of heat maps.
const (
	automatic = "auto" // cam where it is exact and not too coarse
	cam       = "cam"
	occlusion = "occlusion"
)

type heatAnswer struct {
	Method string            `json:"method"`
	Says   string            `json:"says"` // what the values are
	Class  int               `json:"class"`
	Label  string            `json:"label"`
	Score  validate.Number   `json:"score"`
	Rows   int               `json:"rows"`
	Cols   int               `json:"cols"`
	Values []validate.Number `json:"values"` // row by row; above 0 they speak for the class
}

// asked is what was asked of a picture, and by which method.
type asked struct {
	*view.Asked
	method string
}

// ask finds what a class hangs on in a picture.
func (x *Explorer) ask(r *http.Request) (*picture, asked, error) {
	var a asked
	p, err := x.picture(r)
	if err != nil {
		return nil, a, err
	}
	c, err := x.desk.choose(r)
	if err != nil {
		return nil, a, err
	}
	method, err := word(r, "method", automatic, cam, occlusion)
	if err != nil {
		return nil, a, err
	}
	about, err := number(r, "class", -1, -1, len(x.options.Task.Labels)-1)
	if err != nil {
		return nil, a, err
	}
	asker := &view.Asker{Occlusion: view.Occlusion{Batch: 16}}
	a.method = occlusion
	if method != occlusion {
		exact, err := view.NewCAM(x.graph)
		switch {
		case err != nil && method == cam:
			return nil, a, refuse("method=cam: %v", err)
		case err == nil && (method == cam || !view.Coarse(exact.Features.Shape)):
			asker.CAM, a.method = exact, cam
		}
	}
	type key struct {
		choice
		picture, method string
		class           int
	}
	err = x.desk.alone(r.Context(), func() error {
		a.Asked, err = remembered(&x.memo, key{c, p.ID, a.method, about}, func() (*view.Asked, int, error) {
			net, err := loaded(x.desk, c, "heat by "+a.method, func(device engine.Device) (engine.Net, error) {
				return device.Load(asker.Graph(x.graph), engine.Options{Batch: asker.Occlusion.Batch, Precision: c.precision, NoMatrices: x.options.NoMatrices})
			})
			if err != nil {
				return nil, 0, err
			}
			found, err := asker.Ask(r.Context(), net.RunAll, p.input, about)
			if err != nil {
				return nil, 0, err
			}
			return found, 8 * len(found.Map.Values), nil
		})
		return err
	})
	if errors.Is(err, view.ErrNoAnswer) {
		err = refuse("%v: class=I says which class to ask about", err)
	}
	return p, a, err
}

// heatValues are a heat map's numbers.
func (x *Explorer) heatValues(r *http.Request) (any, error) {
	_, a, err := x.ask(r)
	if err != nil {
		return nil, err
	}
	m := a.Map
	h := heatAnswer{
		Method: a.method, Says: m.Method, Class: a.Class, Label: x.options.Task.Labels[a.Class], Score: validate.Number(a.Score),
		Rows: m.Height, Cols: m.Width, Values: make([]validate.Number, len(m.Values)),
	}
	for i, v := range m.Values {
		h.Values[i] = validate.Number(v)
	}
	return h, nil
}

// heatPicture is the heat map over the picture.
func (x *Explorer) heatPicture(r *http.Request) (any, error) {
	p, a, err := x.ask(r)
	if err != nil {
		return nil, err
	}
	original, err := png.Decode(bytes.NewReader(p.original))
	if err != nil {
		return nil, err
	}
	return a.Map.Over(original), nil
}

package explore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/validate"
	"github.com/vkeras/vkeras/view"
)

// Bounds of what a request for maps may ask.
const (
	mostChannels = 96      // of a page
	mostSide     = 2048    // pixels of a channel's drawing
	mostValues   = 1 << 20 // of a channel in JSON
)

// observer is a net that shows what every layer makes.
type observer interface {
	Observe(ctx context.Context, in []*nn.Tensor, observe func(*plan.Value, *nn.Tensor) error) error
	io.Closer
}

// errFound ends an observation whose tensor was found.
var errFound = errors.New("found")

// feature returns what a node makes of a picture, (H, W, C): computed layer by layer,
// so that every layer's result is there and whole.
func (x *Explorer) feature(r *http.Request) (*nn.Node, *nn.Tensor, error) {
	n, err := x.node(r)
	if err != nil {
		return nil, nil, err
	}
	p, err := x.picture(r)
	if err != nil {
		return nil, nil, err
	}
	c, err := x.desk.choose(r)
	if err != nil {
		return nil, nil, err
	}
	type key struct {
		choice
		picture string
		node    int
	}
	var t *nn.Tensor
	err = x.desk.alone(r.Context(), func() error {
		t, err = remembered(&x.memo, key{c, p.ID, n.Index}, func() (*nn.Tensor, int, error) {
			t, err := x.observe(r.Context(), c, p, n)
			if err != nil {
				return nil, 0, err
			}
			return &nn.Tensor{Shape: planes(n.Shape), Data: t.Data}, 4 * len(t.Data), nil
		})
		return err
	})
	return n, t, err
}

// planes returns a node's shape as height, width and channels: a vector is one
// position, rows are one above the other.
func planes(s nn.Shape) nn.Shape {
	switch len(s) {
	case 0:
		return nn.Shape{1, 1, 1}
	case 3:
		return s
	}
	rows := nn.Shape(s[:len(s)-1]).Len()
	return nn.Shape{rows, 1, s.Channels()}
}

// observe computes a node's result. It is for the work of alone.
func (x *Explorer) observe(ctx context.Context, c choice, p *picture, n *nn.Node) (*nn.Tensor, error) {
	in := []*nn.Tensor{{Shape: p.input.Shape.Batch(1), Data: p.input.Data}}
	if c.device == engine.Reference {
		net, err := x.desk.engineNet(c, fmt.Sprintf("node %d", n.Index), func() *nn.Graph { return view.Upto(x.graph, n) }, 1)
		if err != nil {
			return nil, err
		}
		y, err := net.RunAll(ctx, in)
		if err != nil {
			return nil, err
		}
		return y[0], nil
	}
	net, err := loaded(x.desk, c, "layers", func(device engine.Device) (observer, error) {
		if v, ok := engine.Vulkan(device); ok {
			return gpu.Load(v, x.graph, gpu.Options{LayerByLayer: true, Keep: true, Precision: c.precision, NoMatrices: x.options.NoMatrices})
		}
		return cpu.Load(x.graph, cpu.Options{LayerByLayer: true, Keep: true, Precision: c.precision})
	})
	if err != nil {
		return nil, err
	}
	var found *nn.Tensor
	err = net.Observe(ctx, in, func(v *plan.Value, t *nn.Tensor) error {
		if v.Node != n {
			return nil
		}
		found = t
		return errFound
	})
	if found == nil && err == nil {
		err = fmt.Errorf("%s %q: the program has no such tensor", n.Class, n.Name)
	}
	if errors.Is(err, errFound) {
		err = nil
	}
	return found, err
}

type mapsAnswer struct {
	Node     int             `json:"node"`
	Shape    nn.Shape        `json:"shape"`
	Height   int             `json:"height"` // of a channel's map
	Width    int             `json:"width"`
	Min      validate.Number `json:"min"` // of all channels
	Max      validate.Number `json:"max"`
	Channels []channelAnswer `json:"channels"`
	Page     int             `json:"page"`
	Pages    int             `json:"pages"`
	Total    int             `json:"total"` // channels
}

type channelAnswer struct {
	Channel  int             `json:"channel"`
	Min      validate.Number `json:"min"`
	Max      validate.Number `json:"max"`
	Mean     validate.Number `json:"mean"`
	Strength validate.Number `json:"strength"` // root mean square
}

// maps lists the channels of a feature map, a page of them.
func (x *Explorer) maps(r *http.Request) (any, error) {
	per, err := number(r, "per", 24, 1, mostChannels)
	if err != nil {
		return nil, err
	}
	page, err := number(r, "page", 0, 0, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	by, err := word(r, "sort", "strength", "channel")
	if err != nil {
		return nil, err
	}
	n, t, err := x.feature(r)
	if err != nil {
		return nil, err
	}
	all := channels(t)
	low, high := extremes(t.Data)
	a := mapsAnswer{
		Node: n.Index, Shape: n.Shape, Height: t.Shape[0], Width: t.Shape[1], Min: validate.Number(low), Max: validate.Number(high),
		Channels: []channelAnswer{}, Page: page, Pages: (len(all) + per - 1) / per, Total: len(all),
	}
	if by == "strength" {
		slices.SortStableFunc(all, func(a, b channelAnswer) int { return -cmp.Compare(a.Strength, b.Strength) })
	}
	if page >= a.Pages {
		return nil, refuse("page=%d: there are %d pages of %d channels", page, a.Pages, per)
	}
	a.Channels = all[page*per : min((page+1)*per, len(all))]
	return a, nil
}

// channels sums up each channel.
func channels(t *nn.Tensor) []channelAnswer {
	c := t.Shape[2]
	all := make([]channelAnswer, c)
	for k := range all {
		low, high, sum, squares := math.Inf(1), math.Inf(-1), 0.0, 0.0
		for i := k; i < len(t.Data); i += c {
			v := float64(t.Data[i])
			low, high = math.Min(low, v), math.Max(high, v) // NaN where one is
			sum += v
			squares += v * v
		}
		count := float64(len(t.Data) / c)
		all[k] = channelAnswer{k, validate.Number(low), validate.Number(high), validate.Number(sum / count), validate.Number(math.Sqrt(squares / count))}
	}
	return all
}

// extremes returns the least and the largest finite value; 0, 0 where there is none.
func extremes(values []float32) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			low, high = min(low, f), max(high, f)
		}
	}
	if low > high {
		return 0, 0
	}
	return low, high
}

// channel reads which channel of a node a request means.
func channel(text string, t *nn.Tensor) (int, error) {
	k, err := strconv.Atoi(text)
	if err != nil || k < 0 || k >= t.Shape[2] {
		return 0, missing("channel %s: expected a number below %d", shorten(text, 40), t.Shape[2])
	}
	return k, nil
}

// plane returns the values of one channel, row by row.
func plane(t *nn.Tensor, k int) []float32 {
	c := t.Shape[2]
	values := make([]float32, 0, len(t.Data)/c)
	for i := k; i < len(t.Data); i += c {
		values = append(values, t.Data[i])
	}
	return values
}

// channelMap draws one channel, scale pixels a position.
func (x *Explorer) channelMap(r *http.Request) (any, error) {
	scale, err := number(r, "scale", 1, 1, 64)
	if err != nil {
		return nil, err
	}
	within, err := word(r, "range", "channel", "layer")
	if err != nil {
		return nil, err
	}
	_, t, err := x.feature(r)
	if err != nil {
		return nil, err
	}
	k, err := channel(cutPNG(r.PathValue("file")), t)
	if err != nil {
		return nil, err
	}
	values := plane(t, k)
	low, high := extremes(values)
	if within == "layer" {
		low, high = extremes(t.Data)
	}
	h, w := t.Shape[0], t.Shape[1]
	if max(h, w)*scale > max(mostSide, h, w) {
		return nil, refuse("scale=%d: a drawing of %d x %d is wider than %d pixels", scale, w*scale, h*scale, mostSide)
	}
	return heat(h, w, scale, func(i int) float64 {
		v := float64(values[i])
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			return math.NaN()
		case high > low:
			return (v - low) / (high - low)
		case v == 0:
			return 0
		}
		return 0.5
	}), nil
}

// heat draws values between 0 and 1, row by row, in squares of scale pixels.
func heat(h, w, scale int, value func(i int) float64) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w*scale, h*scale))
	for y := range h {
		for x := range w {
			c := view.Colour(value(y*w + x))
			for dy := range scale {
				for dx := range scale {
					img.SetRGBA(x*scale+dx, y*scale+dy, c)
				}
			}
		}
	}
	return img
}

type valuesAnswer struct {
	Node    int               `json:"node"`
	Channel int               `json:"channel"`
	Height  int               `json:"height"`
	Width   int               `json:"width"`
	Min     validate.Number   `json:"min"`
	Max     validate.Number   `json:"max"`
	Values  []validate.Number `json:"values"` // row by row
}

// values are one channel's numbers; of a vector, with channel=all, those of all.
func (x *Explorer) values(r *http.Request) (any, error) {
	n, t, err := x.feature(r)
	if err != nil {
		return nil, err
	}
	a := valuesAnswer{Node: n.Index, Height: t.Shape[0], Width: t.Shape[1]}
	text := r.URL.Query().Get("channel")
	values := t.Data
	switch {
	case text == "all" && t.Shape[0]*t.Shape[1] == 1:
		a.Channel, a.Height, a.Width = -1, 1, t.Shape[2]
	case text == "":
		text = "0"
		fallthrough
	default:
		if a.Channel, err = channel(text, t); err != nil {
			return nil, err
		}
		values = plane(t, a.Channel)
	}
	if len(values) > mostValues {
		return nil, refuse("%d values: a channel of more than %d is not sent as numbers", len(values), mostValues)
	}
	low, high := extremes(values)
	a.Min, a.Max, a.Values = validate.Number(low), validate.Number(high), make([]validate.Number, len(values))
	for i, v := range values {
		a.Values[i] = validate.Number(v)
	}
	return a, nil
}

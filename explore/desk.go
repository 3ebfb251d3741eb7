package explore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
)

// most is how many nets stay on devices, and so how much memory they hold.
const most = 4

// choice is what a request computes on.
type choice struct {
	device    string // a selector of engine.Info
	precision nn.Precision
}

// kept is a net that stays on its device for the next request.
type kept struct {
	choice
	kind string // what it is loaded for
	net  io.Closer
}

// desk is where nets are loaded and run: one computation at a time, the devices'
// memory bounded.
type desk struct {
	turn   chan struct{} // holds one; who has taken it computes
	first  engine.Device
	exact  nn.Precision // where a request names none
	listed []offered
	open   map[string]engine.Device
	nets   []kept // the latest used last
	closed bool

	tune, noMatrices bool
}

// offered is a device that a request may name.
type offered struct {
	Word     string `json:"word"`
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Computes bool   `json:"computes"`
	Why      string `json:"why,omitempty"` // it does not
}

func newDesk(o Options) (*desk, error) {
	d := &desk{turn: make(chan struct{}, 1), exact: o.Precision, tune: o.Tune, noMatrices: o.NoMatrices}
	var err error
	if d.first, err = engine.Open(engine.Choice{Name: o.Device, RequireGPU: o.RequireGPU}); err != nil {
		return nil, err
	}
	d.open = map[string]engine.Device{d.first.Info().Selector: d.first}
	if d.listed, err = list(); err != nil {
		return nil, errors.Join(err, d.first.Close())
	}
	d.turn <- struct{}{}
	return d, nil
}

// list returns every device, those too that compute nothing.
func list() ([]offered, error) {
	all, err := engine.Devices()
	if err != nil {
		return nil, err
	}
	var list []offered
	for _, i := range all {
		o := offered{Word: i.Selector, Name: i.Name, Kind: i.Kind, Computes: !i.CompilesOnly}
		if !o.Computes {
			o.Why = gpu.ErrCompilesOnly.Error()
		}
		list = append(list, o)
	}
	return list, nil
}

// choose reads a request's device and precision; without them they are those that
// vkeras explore was started with.
func (d *desk) choose(r *http.Request) (choice, error) {
	c := choice{d.first.Info().Selector, d.exact}
	if text := r.URL.Query().Get("precision"); text != "" {
		p, err := nn.ParsePrecision(text)
		if err != nil {
			return c, refuse("%v", err)
		}
		c.precision = p
	}
	text := r.URL.Query().Get("device")
	if text == "" {
		return c, nil
	}
	i := slices.IndexFunc(d.listed, func(o offered) bool { return o.Word == text })
	if i < 0 {
		return c, refuse("device=%s: no such device; api/session lists them", shorten(text, 80))
	}
	if !d.listed[i].Computes {
		return c, refuse("device=%s: %s", text, d.listed[i].Why)
	}
	c.device = text
	return c, nil
}

// alone does the work when nothing else computes; who waits gives up with ctx.
func (d *desk) alone(ctx context.Context, work func() error) error {
	select {
	case <-d.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { d.turn <- struct{}{} }()
	if d.closed {
		return problem{http.StatusServiceUnavailable, "vkeras explore is ending"}
	}
	err := work()
	if errors.Is(err, gpu.ErrDeviceLost) { // the next request opens it anew
		err = errors.Join(err, d.clear())
	}
	return err
}

// clear frees all nets and devices.
func (d *desk) clear() error {
	var errs []error
	for _, k := range d.nets {
		errs = append(errs, k.net.Close())
	}
	for _, device := range d.open {
		errs = append(errs, device.Close())
	}
	d.nets, d.open = nil, map[string]engine.Device{}
	return errors.Join(errs...)
}

// device returns an open device. It is for the work of alone, as all below.
func (d *desk) device(word string) (engine.Device, error) {
	if device, ok := d.open[word]; ok {
		return device, nil
	}
	device, err := engine.Open(engine.Choice{Name: word})
	if err != nil {
		return nil, err
	}
	d.open[word] = device
	return device, nil
}

// loaded returns the net of that kind, which load puts on the device at first use.
// The one that was not used for longest makes room.
func loaded[T io.Closer](d *desk, c choice, kind string, load func(engine.Device) (T, error)) (net T, err error) {
	at := slices.IndexFunc(d.nets, func(k kept) bool { return k.choice == c && k.kind == kind })
	if at >= 0 {
		k := d.nets[at]
		d.nets = append(slices.Delete(d.nets, at, at+1), k)
		return k.net.(T), nil
	}
	device, err := d.device(c.device)
	if err != nil {
		return net, err
	}
	if err := d.keep(most - 1); err != nil {
		return net, fmt.Errorf("%s: %w", device, err)
	}
	net, err = load(device)
	if errors.Is(err, gpu.ErrOutOfMemory) && len(d.nets) > 0 {
		if err := d.keep(0); err != nil {
			return net, fmt.Errorf("%s: %w", device, err)
		}
		net, err = load(device)
	}
	if err != nil {
		return net, fmt.Errorf("%s, %s: %w", device, c.precision, err)
	}
	d.nets = append(d.nets, kept{c, kind, net})
	return net, nil
}

// keep closes nets, those first that were not used for longest, until so many are
// left.
func (d *desk) keep(count int) error {
	var errs []error
	for len(d.nets) > count {
		errs = append(errs, d.nets[0].net.Close())
		d.nets = slices.Delete(d.nets, 0, 1)
	}
	return errors.Join(errs...)
}

// engineNet returns a net for a graph, as commands compute it.
func (d *desk) engineNet(c choice, kind string, g func() *nn.Graph, batch int) (engine.Net, error) {
	return loaded(d, c, kind, func(device engine.Device) (engine.Net, error) {
		return device.Load(g(), engine.Options{Batch: batch, Precision: c.precision, Tune: d.tune, NoMatrices: d.noMatrices})
	})
}

// close frees nets and devices when what is under way has ended; nothing is computed
// after it.
func (d *desk) close() error {
	<-d.turn
	defer func() { d.turn <- struct{}{} }()
	d.closed = true
	return d.clear()
}

//go:build window

package window

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/gpu/draw"
)

// Size of a new window, in points.
const (
	width  = 1180
	height = 760
)

// viewer is an open window.
type viewer struct {
	options Options
	window  *glfw.Window
	fonts   *fonts
	state   *state

	device *gpu.Device
	screen *draw.Screen
	net    *gpu.Net
	worker *worker
	canvas *draw.Canvas // nil: the window has no pixels
	paper  *image.RGBA

	dirty bool // the picture has changed
	stale bool // the window's size has changed
	lost  int  // devices, since the last picture that was shown
}

// Run opens a window and returns when it is closed. It must be called on the
// process's first thread, to which that is locked: some window systems know no
// other.
func Run(ctx context.Context, o Options) error {
	if err := start(); err != nil {
		return err
	}
	defer glfw.Terminate()
	glfw.WindowHint(glfw.ClientAPI, glfw.NoAPI)
	glfw.WindowHint(glfw.ScaleToMonitor, glfw.True)
	w, err := glfw.CreateWindow(width, height, "vkeras: "+o.Name, nil, nil)
	if err != nil {
		return fmt.Errorf("open a window: %w", err)
	}
	defer w.Destroy()
	defer func() {
		for _, m := range gpu.ValidationMessages() {
			o.Say("validation layer: %s", m)
		}
	}()
	v := &viewer{options: o, window: w}
	if v.fonts, err = newFonts(); err != nil {
		return err
	}
	if err := v.open(); err != nil {
		return err
	}
	defer v.close()
	v.listen()
	defer context.AfterFunc(ctx, glfw.PostEmptyEvent)()
	return v.loop(ctx)
}

// open opens the device and puts the network on it.
func (v *viewer) open() error {
	var err error
	surface := draw.Window{Extensions: v.window.GetRequiredInstanceExtensions(), Surface: v.surface}
	if v.device, v.screen, err = draw.OpenScreen(v.options.Device, surface); err != nil {
		return err
	}
	if v.net, err = load(v.device, v.options.Graph); err != nil {
		v.close()
		return err
	}
	before := v.state
	v.state = newState(v.options, v.net.Program(), v.device.Info().Name)
	if before != nil {
		v.state.files, v.state.at, v.state.block, v.state.covered = before.files, before.at, before.block, before.covered
	}
	v.worker = newWorker(v.net, v.options.Load, glfw.PostEmptyEvent)
	v.stale = true
	v.ask()
	return nil
}

// close frees the device.
func (v *viewer) close() {
	if v.worker != nil {
		v.worker.close()
		v.state.shown.release()
		v.state.shown = nil
	}
	if v.net != nil {
		v.net.Close()
	}
	if v.screen != nil {
		v.screen.Close()
		v.device.Close()
	}
	v.worker, v.net, v.screen, v.device, v.canvas = nil, nil, nil, nil, nil
}

// ask has the picture computed that is to be shown.
func (v *viewer) ask() {
	if len(v.state.files) > 0 {
		v.worker.ask(v.state.files[v.state.at])
	}
}

// loop shows the state whenever it has changed.
func (v *viewer) loop(ctx context.Context) error {
	for !v.window.ShouldClose() {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := v.collect()
		if err == nil && (v.dirty || v.stale) {
			err = v.frame()
		}
		if err != nil {
			if err := v.recover(err); err != nil {
				return err
			}
			continue
		}
		if v.dirty && v.canvas != nil {
			glfw.WaitEventsTimeout(0.1) // the window could not take the picture: again soon
		} else {
			glfw.WaitEvents()
		}
	}
	return nil
}

// recover opens everything again after the device or the window's surface was
// lost; any other error, and losses without a picture between them, it returns.
func (v *viewer) recover(err error) error {
	const most = 3
	if !errors.Is(err, gpu.ErrDeviceLost) && !errors.Is(err, gpu.ErrSurfaceLost) {
		return err
	}
	if v.lost++; v.lost > most {
		return fmt.Errorf("%w: %d times in a row", err, v.lost)
	}
	v.options.Say("vkeras: %s: opening it again", err)
	v.close()
	time.Sleep(time.Duration(v.lost) * 100 * time.Millisecond) // drivers take a while to come back
	return v.open()
}

// collect takes what the worker has computed.
func (v *viewer) collect() error {
	select {
	case r := <-v.worker.results:
		v.dirty = true
		if errors.Is(r.err, gpu.ErrDeviceLost) {
			return r.err
		}
		v.state.take(r)
	default:
	}
	return nil
}

// frame shows the state.
func (v *viewer) frame() error {
	if v.stale {
		if err := v.resize(); err != nil {
			return err
		}
	}
	v.dirty = true
	if v.canvas == nil {
		v.dirty = false
		return nil
	}
	v.state.paint(v.paper, v.fonts)
	if err := v.canvas.Paint(v.paper); err != nil {
		return err
	}
	shown, fits, err := v.screen.Show(v.state.maps())
	if err != nil {
		return err
	}
	if shown {
		v.dirty, v.lost = false, 0
	}
	if !fits {
		v.stale = true
		glfw.PostEmptyEvent()
	}
	return nil
}

// resize fits the screen to the window.
func (v *viewer) resize() error {
	w, h := v.window.GetFramebufferSize()
	dots, _ := v.window.GetContentScale()
	var err error
	if v.canvas, err = v.screen.Resize(image.Pt(w, h)); err != nil {
		return err
	}
	v.stale = false
	if v.canvas != nil {
		v.paper = image.NewRGBA(image.Rectangle{Max: v.canvas.Size()})
		v.state.resize(v.canvas.Size(), dots)
	}
	return nil
}

// listen turns the window's events into changes of the state.
func (v *viewer) listen() {
	w := v.window
	w.SetFramebufferSizeCallback(func(*glfw.Window, int, int) { v.stale = true })
	w.SetContentScaleCallback(func(*glfw.Window, float32, float32) { v.stale = true })
	w.SetIconifyCallback(func(*glfw.Window, bool) { v.stale = true })
	w.SetRefreshCallback(func(*glfw.Window) { v.dirty = true })
	w.SetKeyCallback(func(_ *glfw.Window, key glfw.Key, _ int, action glfw.Action, _ glfw.ModifierKey) {
		if action != glfw.Release {
			v.key(key)
			v.dirty = true
		}
	})
	w.SetScrollCallback(func(_ *glfw.Window, _, y float64) {
		v.state.magnify(float32(math.Pow(1.2, y)))
		v.dirty = true
	})
	w.SetCursorPosCallback(func(_ *glfw.Window, x, y float64) {
		v.state.point(v.pixel(x, y))
		v.dirty = true
	})
	w.SetCursorEnterCallback(func(_ *glfw.Window, entered bool) {
		if !entered && !v.state.drag {
			v.state.cursor = nowhere
			v.dirty = true
		}
	})
	w.SetMouseButtonCallback(func(_ *glfw.Window, b glfw.MouseButton, action glfw.Action, _ glfw.ModifierKey) {
		if b == glfw.MouseButtonLeft {
			v.state.drag = action == glfw.Press
		}
	})
	w.SetDropCallback(func(_ *glfw.Window, paths []string) {
		if v.state.drop(paths) {
			v.ask()
		}
		v.dirty = true
	})
}

// pixel returns the canvas's pixel at a place in the window, whose units are not
// pixels everywhere.
func (v *viewer) pixel(x, y float64) image.Point {
	w, h := v.window.GetSize()
	across, down := v.window.GetFramebufferSize()
	return image.Pt(int(x*float64(across)/float64(max(w, 1))), int(y*float64(down)/float64(max(h, 1))))
}

func (v *viewer) key(key glfw.Key) {
	s := v.state
	switch key {
	case glfw.KeyLeft, glfw.KeyRight:
		step := 1
		if key == glfw.KeyLeft {
			step = -1
		}
		if s.move(step) {
			v.ask()
		}
	case glfw.KeyUp:
		s.choose(1)
	case glfw.KeyDown:
		s.choose(-1)
	case glfw.Key0, glfw.KeyKP0, glfw.KeyHome:
		s.whole()
	case glfw.KeyC:
		s.covered = !s.covered
	case glfw.KeyQ, glfw.KeyEscape:
		v.window.SetShouldClose(true)
	}
}

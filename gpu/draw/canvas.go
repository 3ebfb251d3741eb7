package draw

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/gpu/internal/vulkan"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// Maps says where and how a Canvas draws a feature map (H, W, C): as a grid of
// small pictures, one a channel, row by row.
type Maps struct {
	Held  *gpu.Held
	Value *plan.Value // of the net; the first image's is drawn
	Grid
	// Needed are H x W flags, row by row: positions that are not are dimmed. nil:
	// none is.
	Needed []bool
}

// Grid is where the positions of a feature map are on a canvas.
type Grid struct {
	Area         image.Rectangle // pixels of the canvas
	Columns      int             // channels a row
	FromX, FromY float32         // the place in the grid, in pixels, that Area's corner shows
	Scale        float32         // pixels a position
	Margin       float32         // pixels between channels
}

// At returns the channel and position of a feature map (H, W, C) that a pixel of
// the canvas shows; ok is false where it shows none.
func (g Grid) At(h, w, c, x, y int) (channel, row, column int, ok bool) {
	if !(image.Point{X: x, Y: y}).In(g.Area) || g.Columns < 1 {
		return 0, 0, 0, false
	}
	sx, sy := float32(x-g.Area.Min.X)+g.FromX, float32(y-g.Area.Min.Y)+g.FromY
	if sx < 0 || sy < 0 {
		return 0, 0, 0, false
	}
	px, py := float32(w)*g.Scale+g.Margin, float32(h)*g.Scale+g.Margin
	across, down := int(sx/px), int(sy/py)
	column, row = int((sx-float32(across)*px)/g.Scale), int((sy-float32(down)*py)/g.Scale)
	channel = down*g.Columns + across
	return channel, row, column, across < g.Columns && channel < c && row < h && column < w
}

// Canvas is a picture in device memory: what the host has painted, and over it
// feature maps that the device draws from where they lie. One goroutine at a
// time uses it.
type Canvas struct {
	device        *gpu.Device
	width, height int
	blueFirst     bool

	commands             *vulkan.Commands
	painted              *vulkan.Buffer // by the host
	pixels               *vulkan.Buffer
	needed, ranges       *vulkan.Buffer // nil until maps are drawn
	sets                 *vulkan.Sets
	rangeKernel, drawMap *vulkan.Pipeline
	rangeSet, drawSet    vulkan.Set
}

// NewCanvas makes a black canvas. Close it before the device.
func NewCanvas(d *gpu.Device, width, height int) (*Canvas, error) {
	if width < 1 || height < 1 || 4*int64(width)*int64(height) > d.Info().MaxStorageBytes {
		return nil, fmt.Errorf("a canvas of %d x %d pixels: %w", width, height, gpu.ErrTooLarge)
	}
	if err := d.Retain(); err != nil {
		return nil, err
	}
	c := &Canvas{device: d, width: width, height: height}
	if err := c.prepare(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Canvas) prepare() error {
	d := c.device.Vulkan()
	bytes := 4 * int64(c.width) * int64(c.height)
	var err error
	if c.commands, err = d.NewCommands(); err != nil {
		return err
	}
	if c.painted, err = d.NewBuffer("what the host paints", bytes, vulkan.HostVisible|vulkan.HostCoherent); err != nil {
		return err
	}
	clear(c.painted.Mapped)
	if c.pixels, err = d.NewBuffer("a canvas", bytes, vulkan.DeviceLocal, 0); err != nil {
		return err
	}
	kernels := map[string]**vulkan.Pipeline{"map_range": &c.rangeKernel, "map_draw": &c.drawMap}
	for name, p := range kernels {
		k, _ := shaders.Named(name)
		if *p, err = d.Pipeline(k, nil); err != nil {
			return err
		}
	}
	if c.sets, err = d.NewSets(2, 0, 6); err != nil {
		return err
	}
	if c.rangeSet, err = c.sets.New(c.rangeKernel); err != nil {
		return err
	}
	c.drawSet, err = c.sets.New(c.drawMap)
	return err
}

// Close frees the canvas.
func (c *Canvas) Close() {
	c.sets.Free()
	for _, b := range []*vulkan.Buffer{c.painted, c.pixels, c.needed, c.ranges} {
		b.Free()
	}
	c.commands.Free()
	c.device.Drop()
}

// Size returns the canvas's pixels.
func (c *Canvas) Size() image.Point { return image.Pt(c.width, c.height) }

// Paint takes the host's picture, of the canvas's size. Nothing may be drawing.
func (c *Canvas) Paint(p *image.RGBA) error {
	if p.Rect != image.Rect(0, 0, c.width, c.height) || p.Stride != 4*c.width {
		return fmt.Errorf("a picture of %v for a canvas of %d x %d pixels", p.Rect, c.width, c.height)
	}
	copy(c.painted.Mapped, p.Pix)
	if c.blueFirst {
		pixels := c.painted.Mapped
		for i := 0; i+3 < len(p.Pix); i += 4 {
			pixels[i], pixels[i+2] = p.Pix[i+2], p.Pix[i]
		}
	}
	return nil
}

// Draw draws the host's picture and, unless nil, the maps over it, and waits.
func (c *Canvas) Draw(m *Maps) error {
	draw, err := c.ready(m)
	if err != nil {
		return err
	}
	return c.commands.Once(draw)
}

// Pixels reads the canvas back.
func (c *Canvas) Pixels() (*image.RGBA, error) {
	d := c.device.Vulkan()
	p := image.NewRGBA(image.Rect(0, 0, c.width, c.height))
	b, err := d.NewBuffer("a canvas's copy", int64(len(p.Pix)), vulkan.HostVisible|vulkan.HostCoherent|vulkan.HostCached, vulkan.HostVisible|vulkan.HostCoherent)
	if err != nil {
		return nil, err
	}
	defer b.Free()
	err = c.commands.Once(func(rec vulkan.Recorder) {
		rec.Barrier(vulkan.ComputeToTransfer)
		rec.Copy(c.pixels, b, 0, 0, int64(len(p.Pix)))
		rec.Barrier(vulkan.ToHost)
	})
	copy(p.Pix, b.Mapped)
	return p, err
}

// ready writes the descriptors of what is to be drawn and returns what records
// it. Nothing may be drawing.
func (c *Canvas) ready(m *Maps) (func(vulkan.Recorder), error) {
	paint := func(rec vulkan.Recorder) {
		rec.Copy(c.painted, c.pixels, 0, 0, c.pixels.Bytes)
		rec.Barrier(vulkan.TransferToCompute)
	}
	if m == nil || m.Area.Intersect(image.Rect(0, 0, c.width, c.height)).Empty() {
		return paint, nil
	}
	shape := m.Value.Shape
	if len(shape) != 3 || shape.Len() == 0 || m.Held.Released() || m.Columns < 1 || !(m.Scale > 0) {
		return nil, fmt.Errorf("%q: no feature map (H, W, C) to draw: its shape is %v", m.Value.Node.Name, shape)
	}
	if m.Needed != nil && len(m.Needed) != shape[0]*shape[1] {
		return nil, fmt.Errorf("%q: %d flags for %d x %d positions", m.Value.Node.Name, len(m.Needed), shape[0], shape[1])
	}
	if err := c.reserve(shape[0]*shape[1], shape[2]); err != nil {
		return nil, err
	}
	for i, needed := range m.Needed {
		binary.LittleEndian.PutUint32(c.needed.Mapped[4*i:], flag(needed))
	}
	limits := c.device.Vulkan().Physical
	arena, offset := m.Held.Tensor(m.Value)
	rest := offset % limits.StorageAlignment // bindings begin at aligned offsets
	at, bytes := uint32(rest/4), 4*int64(shape.Len())+rest
	if bytes > limits.MaxStorageRange {
		return nil, fmt.Errorf("%q: %w: %d bytes in one piece", m.Value.Node.Name, gpu.ErrTooLarge, bytes)
	}
	whole := func(b *vulkan.Buffer) vulkan.Argument { return vulkan.Argument{Buffer: b, Bytes: b.Bytes} }
	input := vulkan.Argument{Buffer: arena, Offset: offset - rest, Bytes: bytes}
	c.sets.Write(c.rangeSet, []vulkan.Argument{input, whole(c.ranges)})
	c.sets.Write(c.drawSet, []vulkan.Argument{input, whole(c.ranges), whole(c.pixels), whole(c.needed)})
	return func(rec vulkan.Recorder) {
		rec.Barrier(vulkan.ComputeToCompute) // what the net computed
		paint(rec)
		ranges := shaders.RangePush{XAt: at, Positions: uint32(shape[0] * shape[1]), Channels: uint32(shape[2])}
		launch(rec, c.rangeKernel, c.rangeSet, ranges, uint32(shape[2]), 1)
		rec.Barrier(vulkan.ComputeToCompute)
		push := c.push(m, at)
		launch(rec, c.drawMap, c.drawSet, push, (push.Across+7)/8, (push.Down+7)/8)
	}, nil
}

// push returns the push constants of map_draw, for the part of the area that is
// on the canvas.
func (c *Canvas) push(m *Maps, at uint32) shaders.MapsPush {
	shape := m.Value.Shape
	area := m.Area.Intersect(image.Rect(0, 0, c.width, c.height))
	return shaders.MapsPush{
		XAt: at, Height: uint32(shape[0]), Width: uint32(shape[1]), Channels: uint32(shape[2]),
		Columns: uint32(m.Columns), Pitch: uint32(c.width),
		Left: uint32(area.Min.X), Top: uint32(area.Min.Y), Across: uint32(area.Dx()), Down: uint32(area.Dy()),
		BlueFirst: flag(c.blueFirst), Masked: flag(m.Needed != nil),
		FromX: m.FromX + float32(area.Min.X-m.Area.Min.X), FromY: m.FromY + float32(area.Min.Y-m.Area.Min.Y),
		Scale: m.Scale, Margin: m.Margin,
	}
}

// reserve makes room for that many flags and ranges.
func (c *Canvas) reserve(positions, channels int) error {
	grow := func(b **vulkan.Buffer, what string, bytes int64, wanted ...uint32) error {
		if *b != nil && (*b).Bytes >= bytes {
			return nil
		}
		(*b).Free()
		var err error
		*b, err = c.device.Vulkan().NewBuffer(what, bytes, wanted...)
		return err
	}
	if int64(channels) > int64(c.device.Vulkan().MaxGroupCount[0]) || positions > math.MaxInt32/4 {
		return fmt.Errorf("%w: %d channels of %d positions", gpu.ErrTooLarge, channels, positions)
	}
	if err := grow(&c.needed, "flags of positions", 4*int64(positions), vulkan.HostVisible|vulkan.HostCoherent); err != nil {
		return err
	}
	return grow(&c.ranges, "the channels' ranges", 8*int64(channels), vulkan.DeviceLocal, 0)
}

// launch records one run of a kernel.
func launch(rec vulkan.Recorder, p *vulkan.Pipeline, set vulkan.Set, push any, x, y uint32) {
	data, _ := binary.Append(nil, binary.LittleEndian, push) // fixed-size structs: it cannot fail
	rec.Bind(p, set, data)
	rec.Dispatch([3]uint32{x, y, 1})
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

package gpu

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/gpu/internal/vkc"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// Maps says where and how a Canvas draws a feature map (H, W, C): as a grid of
// small pictures, one a channel, row by row.
type Maps struct {
	Held  *Held
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
	device        *Device
	width, height int
	blueFirst     bool

	commands             *commands
	painted              *buffer // by the host
	pixels               *buffer
	needed, ranges       *buffer // nil until maps are drawn
	pool                 vk.DescriptorPool
	rangeKernel, drawMap *pipeline
	rangeSet, drawSet    vk.DescriptorSet
}

// NewCanvas makes a black canvas. Close it before the device.
func (d *Device) NewCanvas(width, height int) (*Canvas, error) {
	if width < 1 || height < 1 || 4*int64(width)*int64(height) > d.info.raw.MaxStorageRange {
		return nil, fmt.Errorf("a canvas of %d x %d pixels: %w", width, height, ErrTooLarge)
	}
	if err := d.retain(); err != nil {
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
	d := c.device
	bytes := 4 * int64(c.width) * int64(c.height)
	var err error
	if c.commands, err = d.newCommands(); err != nil {
		return err
	}
	if c.painted, err = d.newBuffer("what the host paints", bytes, hostVisible|hostCoherent); err != nil {
		return err
	}
	clear(c.painted.mapped)
	if c.pixels, err = d.newBuffer("a canvas", bytes, deviceLocal, 0); err != nil {
		return err
	}
	kernels := map[string]**pipeline{"map_range": &c.rangeKernel, "map_draw": &c.drawMap}
	for name, p := range kernels {
		k, _ := shaders.Named(name)
		if *p, err = d.pipeline(k, nil); err != nil {
			return err
		}
	}
	pool, err := vkc.CreatePool(unsafe.Pointer(d.handle), 2, 0, 6)
	if err != nil {
		return fail("make a descriptor pool", err)
	}
	c.pool = vk.DescriptorPool(pool)
	sets := map[*vk.DescriptorSet]*pipeline{&c.rangeSet: c.rangeKernel, &c.drawSet: c.drawMap}
	for set, p := range sets {
		handle, err := vkc.AllocateSet(unsafe.Pointer(d.handle), pool, p.layout.set)
		if err != nil {
			return fail("make a descriptor set", err)
		}
		*set = vk.DescriptorSet(handle)
	}
	return nil
}

// Close frees the canvas.
func (c *Canvas) Close() {
	if c.pool != nil {
		vk.DestroyDescriptorPool(c.device.handle, c.pool, nil)
	}
	for _, b := range []*buffer{c.painted, c.pixels, c.needed, c.ranges} {
		b.free()
	}
	c.commands.free()
	c.device.drop()
}

// Size returns the canvas's pixels.
func (c *Canvas) Size() image.Point { return image.Pt(c.width, c.height) }

// Paint takes the host's picture, of the canvas's size. Nothing may be drawing.
func (c *Canvas) Paint(p *image.RGBA) error {
	if p.Rect != image.Rect(0, 0, c.width, c.height) || p.Stride != 4*c.width {
		return fmt.Errorf("a picture of %v for a canvas of %d x %d pixels", p.Rect, c.width, c.height)
	}
	copy(c.painted.mapped, p.Pix)
	if c.blueFirst {
		pixels := c.painted.mapped
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
	return c.commands.once(draw)
}

// Pixels reads the canvas back.
func (c *Canvas) Pixels() (*image.RGBA, error) {
	d := c.device
	p := image.NewRGBA(image.Rect(0, 0, c.width, c.height))
	b, err := d.newBuffer("a canvas's copy", int64(len(p.Pix)), hostVisible|hostCoherent|hostCached, hostVisible|hostCoherent)
	if err != nil {
		return nil, err
	}
	defer b.free()
	err = c.commands.once(func(buffer unsafe.Pointer) {
		vkc.Barrier(buffer, vkc.ComputeToTransfer)
		vkc.Copy(buffer, unsafe.Pointer(c.pixels.handle), unsafe.Pointer(b.handle), 0, 0, uint64(len(p.Pix)))
		vkc.Barrier(buffer, vkc.ToHost)
	})
	copy(p.Pix, b.mapped)
	return p, err
}

// ready writes the descriptors of what is to be drawn and returns what records
// it. Nothing may be drawing.
func (c *Canvas) ready(m *Maps) (func(unsafe.Pointer), error) {
	paint := func(buffer unsafe.Pointer) {
		vkc.Copy(buffer, unsafe.Pointer(c.painted.handle), unsafe.Pointer(c.pixels.handle), 0, 0, uint64(c.pixels.bytes))
		vkc.Barrier(buffer, vkc.TransferToCompute)
	}
	if m == nil || m.Area.Intersect(image.Rect(0, 0, c.width, c.height)).Empty() {
		return paint, nil
	}
	shape := m.Value.Shape
	if len(shape) != 3 || shape.Len() == 0 || m.Held.released || m.Columns < 1 || !(m.Scale > 0) {
		return nil, fmt.Errorf("%q: no feature map (H, W, C) to draw: its shape is %v", m.Value.Node.Name, shape)
	}
	if m.Needed != nil && len(m.Needed) != shape[0]*shape[1] {
		return nil, fmt.Errorf("%q: %d flags for %d x %d positions", m.Value.Node.Name, len(m.Needed), shape[0], shape[1])
	}
	if err := c.reserve(shape[0]*shape[1], shape[2]); err != nil {
		return nil, err
	}
	for i, needed := range m.Needed {
		binary.LittleEndian.PutUint32(c.needed.mapped[4*i:], flag(needed))
	}
	x := region{arena, m.Held.recording.layout.At(m.Value), 4 * int64(shape.Len())}
	x, at := x.aligned(c.device.info.raw.StorageAlignment, 4)
	if x.bytes > c.device.info.raw.MaxStorageRange {
		return nil, fmt.Errorf("%q: %w: %d bytes in one piece", m.Value.Node.Name, ErrTooLarge, x.bytes)
	}
	whole := func(b *buffer) vkc.Descriptor {
		return vkc.Descriptor{Buffer: unsafe.Pointer(b.handle), Range: uint64(b.bytes)}
	}
	input := vkc.Descriptor{Buffer: unsafe.Pointer(m.Held.recording.slot.arena.handle), Offset: uint64(x.offset), Range: uint64(x.bytes)}
	device := unsafe.Pointer(c.device.handle)
	vkc.WriteSet(device, unsafe.Pointer(c.rangeSet), []vkc.Descriptor{input, whole(c.ranges)})
	vkc.WriteSet(device, unsafe.Pointer(c.drawSet), []vkc.Descriptor{input, whole(c.ranges), whole(c.pixels), whole(c.needed)})
	return func(buffer unsafe.Pointer) {
		vkc.Barrier(buffer, vkc.ComputeToCompute) // what the net computed
		paint(buffer)
		ranges := shaders.RangePush{XAt: at, Positions: uint32(shape[0] * shape[1]), Channels: uint32(shape[2])}
		c.launch(buffer, c.rangeKernel, c.rangeSet, ranges, uint32(shape[2]), 1)
		vkc.Barrier(buffer, vkc.ComputeToCompute)
		push := c.push(m, at)
		c.launch(buffer, c.drawMap, c.drawSet, push, (push.Across+7)/8, (push.Down+7)/8)
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
	grow := func(b **buffer, what string, bytes int64, wanted ...uint32) error {
		if *b != nil && (*b).bytes >= bytes {
			return nil
		}
		(*b).free()
		var err error
		*b, err = c.device.newBuffer(what, bytes, wanted...)
		return err
	}
	if int64(channels) > int64(c.device.info.raw.MaxGroupCount[0]) || positions > math.MaxInt32/4 {
		return fmt.Errorf("%w: %d channels of %d positions", ErrTooLarge, channels, positions)
	}
	if err := grow(&c.needed, "flags of positions", 4*int64(positions), hostVisible|hostCoherent); err != nil {
		return err
	}
	return grow(&c.ranges, "the channels' ranges", 8*int64(channels), deviceLocal, 0)
}

// launch records one run of a kernel.
func (c *Canvas) launch(buffer unsafe.Pointer, p *pipeline, set vk.DescriptorSet, push any, x, y uint32) {
	b, layout := vk.CommandBuffer(buffer), vk.PipelineLayout(p.layout.pipeline)
	data, _ := binary.Append(nil, binary.LittleEndian, push) // fixed-size structs: it cannot fail
	vk.CmdBindPipeline(b, vk.PipelineBindPointCompute, p.handle)
	vk.CmdBindDescriptorSets(b, vk.PipelineBindPointCompute, layout, 0, 1, []vk.DescriptorSet{set}, 0, nil)
	vk.CmdPushConstants(b, layout, vk.ShaderStageFlags(vk.ShaderStageComputeBit), 0, uint32(len(data)), unsafe.Pointer(&data[0]))
	vk.CmdDispatch(b, x, y, 1)
}

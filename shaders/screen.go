package shaders

// The kernels that draw feature maps where they lie. They compute no operation.

// RangePush is for map_range: x (positions, channels).
type RangePush struct{ XAt, Positions, Channels uint32 }

// MapsPush is for map_draw. Lengths are pixels, but Height, Width, Channels and
// Columns, which are of the feature map and its grid.
type MapsPush struct {
	XAt                         uint32
	Height, Width, Channels     uint32
	Columns                     uint32
	Pitch                       uint32 // of the canvas: pixels a row
	Left, Top, Across, Down     uint32 // the area of the canvas that is drawn
	BlueFirst, Masked           uint32
	FromX, FromY, Scale, Margin float32 // the sheet's place in the area's corner, pixels a position, between channels
}

// screen lists the kernels that draw.
func screen() []Kernel {
	return []Kernel{
		{Name: "map_draw", Source: "map_draw.comp", Bindings: Bindings{Buffers: 4}, Push: MapsPush{}},
		{Name: "map_range", Source: "map_range.comp", Bindings: Bindings{Buffers: 2}, Push: RangePush{}},
	}
}

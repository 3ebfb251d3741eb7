package draw

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/view"
)

// held runs an operation on x, of one image, and holds the result.
func held(t *testing.T, d *gpu.Device, op nn.Op, x *nn.Tensor) (*gpu.Net, *gpu.Held) {
	t.Helper()
	n, err := gpu.LoadOp(d, gpu.Options{OnDevice: true}, op, x)
	require.NoError(t, err)
	h, err := n.Hold(t.Context(), []*nn.Tensor{x})
	require.NoError(t, err)
	return n, h
}

func openDefault(t *testing.T) *gpu.Device {
	t.Helper()
	d, err := gpu.Open(gpu.Default())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

func TestACanvasShowsFeatureMapsAsSheetsDo(t *testing.T) {
	d := openDefault(t)
	x := optest.Normal(rand.New(rand.NewPCG(1, 2)), 0, 1, 1, 5, 7, 11)
	x.Data[3*11+4] = float32(math.NaN())
	x.Data[9*11+4] = float32(math.Inf(1))
	for i := 10; i < x.Len(); i += 11 {
		x.Data[i] = 3 // a channel of one value
	}
	n, h := held(t, d, &nn.Rescale{Scale: []float32{1}, Offset: []float32{0}}, x)
	defer n.Close()
	defer h.Release()
	c, err := NewCanvas(d, 90, 60)
	require.NoError(t, err)
	defer c.Close()
	paper := image.NewRGBA(image.Rect(0, 0, 90, 60))
	for i := range paper.Pix {
		paper.Pix[i] = uint8(i)
	}
	needed := make([]bool, 5*7)
	for i := range needed {
		needed[i] = i%3 > 0
	}
	for name, m := range map[string]Maps{
		"whole":                 {Grid: Grid{Area: image.Rect(3, 4, 90, 60), Columns: 4, Scale: 2, Margin: 2}},
		"zoomed in":             {Grid: Grid{Area: image.Rect(10, 4, 80, 50), Columns: 4, FromX: 31.5, FromY: 12.25, Scale: 5.5, Margin: 2}},
		"beyond the canvas":     {Grid: Grid{Area: image.Rect(-20, -10, 120, 70), Columns: 3, FromX: -5, FromY: -3, Scale: 3, Margin: 1}},
		"with what is unneeded": {Grid: Grid{Area: image.Rect(0, 0, 90, 60), Columns: 4, Scale: 2, Margin: 2}, Needed: needed},
	} {
		for _, blueFirst := range []bool{false, true} {
			m.Held, m.Value = h, n.Program().Outputs[0]
			c.blueFirst = blueFirst
			require.NoError(t, c.Paint(paper))
			require.NoError(t, c.Draw(&m))
			got, err := c.Pixels()
			require.NoError(t, err)
			checkDrawing(t, name, m, x, paper, got, blueFirst)
		}
	}
}

// checkDrawing compares every pixel with what package view makes of the values.
func checkDrawing(t *testing.T, name string, m Maps, x *nn.Tensor, paper, got *image.RGBA, blueFirst bool) {
	t.Helper()
	sheet, err := view.Sheet(&nn.Tensor{Shape: x.Shape[1:], Data: x.Data}, view.SheetOptions{Columns: 11, Cell: 1})
	require.NoError(t, err)
	maps := 0
	for y := range got.Rect.Dy() {
		for px := range got.Rect.Dx() {
			want, dim := paper.RGBAAt(px, y), false
			if channel, row, column, ok := m.At(5, 7, 11, px, y); ok {
				want = color.RGBAModel.Convert(sheet.At(channel*(7+2)+column, row)).(color.RGBA)
				dim = m.Needed != nil && !m.Needed[row*7+column]
				maps++
			}
			if dim {
				want = color.RGBA{want.R/4 + 30, want.G/4 + 60, want.B/4 + 90, 255}
			}
			found := got.RGBAAt(px, y)
			if blueFirst {
				found.R, found.B = found.B, found.R
			}
			for i, pair := range [][2]uint8{{want.R, found.R}, {want.G, found.G}, {want.B, found.B}, {want.A, found.A}} {
				require.InDelta(t, pair[0], pair[1], 1, "%s, pixel (%d, %d), byte %d", name, px, y, i)
			}
		}
	}
	require.Greater(t, maps, 300, name)
}

func TestHeldTensorsStayUntilTheyAreReleased(t *testing.T) {
	d := openDefault(t)
	x := optest.Normal(rand.New(rand.NewPCG(3, 4)), 0, 1, 1, 4, 4, 3)
	n, h := held(t, d, &nn.Rescale{Scale: []float32{2}, Offset: []float32{1}}, x)
	v := n.Program().Outputs[0]
	for _, at := range []int{0, 17, 47} {
		y, err := h.Element(v, at)
		require.NoError(t, err)
		require.Equal(t, h.Outputs[0].Data[at], y)
		require.InDelta(t, 2*x.Data[at]+1, y, 1e-5)
	}
	_, err := h.Element(v, 48)
	require.ErrorContains(t, err, "element 48")
	closed := make(chan error)
	go func() { closed <- n.Close() }()
	select {
	case <-closed:
		require.Fail(t, "the net was closed under what is held")
	default:
	}
	h.Release()
	h.Release()
	require.NoError(t, <-closed)
	c, err := NewCanvas(d, 8, 8)
	require.NoError(t, err)
	defer c.Close()
	require.ErrorContains(t, c.Draw(&Maps{Held: h, Value: v, Grid: Grid{Area: image.Rect(0, 0, 8, 8), Columns: 1, Scale: 1}}), "no feature map")
}

func TestACanvasRefusesWhatDoesNotFit(t *testing.T) {
	d := openDefault(t)
	for _, size := range [][2]int{{0, 5}, {5, -1}, {1 << 20, 1 << 20}} {
		_, err := NewCanvas(d, size[0], size[1])
		require.ErrorIs(t, err, gpu.ErrTooLarge)
	}
	c, err := NewCanvas(d, 8, 6)
	require.NoError(t, err)
	defer c.Close()
	require.Equal(t, image.Pt(8, 6), c.Size())
	require.ErrorContains(t, c.Paint(image.NewRGBA(image.Rect(0, 0, 6, 8))), "8 x 6 pixels")
	x := optest.Normal(rand.New(rand.NewPCG(5, 6)), 0, 1, 1, 4, 4, 3)
	n, err := gpu.LoadOp(d, gpu.Options{}, &nn.Rescale{Scale: []float32{1}, Offset: []float32{0}}, x)
	require.NoError(t, err)
	defer n.Close()
	_, err = n.Hold(t.Context(), []*nn.Tensor{x})
	require.ErrorContains(t, err, "loaded with OnDevice")
}

func TestAScreenNeedsItsExtensionsFromTheBeginning(t *testing.T) {
	openDefault(t)
	_, _, err := OpenScreen(gpu.Default(), Window{Extensions: []string{"VK_KHR_surface"}})
	require.ErrorContains(t, err, "a screen must be opened before it")
}

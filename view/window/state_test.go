package window

import (
	"bytes"
	"errors"
	"image"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
	"github.com/vkeras/vkeras/testdata/demo"
)

const samples = "../../testdata/demo/pictures"

// demoOptions are those of the demo model and two of its pictures.
func demoOptions(t *testing.T) Options {
	t.Helper()
	file := demo.Model()
	m, err := loader.Read(file, file.Size())
	require.NoError(t, err)
	in := m.Graph.Inputs[0].Shape
	return Options{
		Name: demo.Name, Graph: m.Graph, Labels: resnet.Signs(), Score: "probability",
		Files: []string{filepath.Join(samples, "five_1.png"), filepath.Join(samples, "two_1.png")},
		Load: func(file string) (Picture, error) {
			text, err := os.ReadFile(file)
			if err != nil {
				return Picture{}, err
			}
			o := pictures.Options{Filter: pictures.Nearest, Preset: resnet.Recognise(m.Graph).Preset}
			x := nn.NewTensor(1, in[0], in[1], in[2])
			_, err = pictures.Tensor(x.Data, bytes.NewReader(text), in[1], in[0], o)
			return Picture{x, image.NewRGBA(image.Rect(0, 0, 64, 64))}, err
		},
		List: func(paths []string) ([]string, error) {
			if len(paths) == 0 {
				return nil, errors.New("nothing there")
			}
			return paths, nil
		},
	}
}

// shown is a state that shows the demo model's first picture.
func shown(t *testing.T) (*state, *worker) {
	t.Helper()
	o := demoOptions(t)
	d, err := gpu.Open(gpu.Default())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	net, err := load(d, o.Graph)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, net.Close()) })
	s := newState(o, net.Program(), d.Info().Name)
	s.resize(image.Pt(1180, 760), 1)
	w := newWorker(net, o.Load, func() {})
	t.Cleanup(func() {
		w.close()
		s.shown.release()
	})
	answer(t, s, w)
	return s, w
}

// answer waits for what the worker makes of the state's picture.
func answer(t *testing.T, s *state, w *worker) {
	t.Helper()
	w.ask(s.files[s.at])
	select {
	case r := <-w.results:
		s.take(r)
	case <-time.After(time.Minute):
		require.Fail(t, "the worker does not answer")
	}
}

func TestTheMapsOfEveryBlockAreThereWhole(t *testing.T) {
	s, _ := shown(t)
	require.Len(t, s.blocks, 17)
	require.Equal(t, 5, best(s.shown.scores, 1)[0])
	require.Len(t, s.shown.times, 18, "the blocks and fc")
	for _, b := range s.blocks {
		require.Equal(t, b.node.Shape, b.value.Shape, b.name)
		m := s.maps()
		require.Equal(t, s.chosen().value, m.Value)
		h, w, c := b.node.Shape[0], b.node.Shape[1], b.node.Shape[2]
		g := s.grid()
		last := image.Pt(g.Area.Min.X+int(float32(c-1)/float32(g.Columns)), g.Area.Min.Y)
		require.True(t, last.In(s.layout().maps))
		rows := (c + g.Columns - 1) / g.Columns
		require.LessOrEqual(t, float32(g.Columns)*(float32(w)*g.Scale+g.Margin), float32(g.Area.Dx())+0.5, "all columns fit")
		require.LessOrEqual(t, float32(rows)*(float32(h)*g.Scale+g.Margin), float32(g.Area.Dy())+0.5, "all rows fit")
		s.choose(1)
	}
	require.Equal(t, "res5c", s.chosen().name, "beyond the last there is none")
	s.choose(-99)
	require.Equal(t, "conv1", s.chosen().name)
}

func TestTheCursorReadsTheElementUnderIt(t *testing.T) {
	s, _ := shown(t)
	_, over, err := s.under()
	require.NoError(t, err)
	require.False(t, over, "the cursor is not on the maps yet")
	g := s.grid()
	b := s.chosen()
	for _, want := range []hover{{channel: 0}, {channel: 3, row: 7, column: 5}, {channel: 63, row: 14, column: 14}} {
		x := float32(want.channel%g.Columns)*(15*g.Scale+g.Margin) + (float32(want.column)+0.5)*g.Scale
		y := float32(want.channel/g.Columns)*(15*g.Scale+g.Margin) + (float32(want.row)+0.5)*g.Scale
		s.point(g.Area.Min.Add(image.Pt(int(x), int(y))))
		got, over, err := s.under()
		require.NoError(t, err)
		require.True(t, over)
		want.value, err = s.shown.held.Element(b.value, (want.row*15+want.column)*64+want.channel)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	seen, ok := s.sees(hover{row: 7, column: 7})
	require.True(t, ok)
	require.Equal(t, image.Pt(11, 11), seen.Size(), "7 + (3 - 1) 2 pixels of the picture")
}

func TestTheWheelZoomsAroundTheCursor(t *testing.T) {
	s, _ := shown(t)
	s.point(s.layout().maps.Min.Add(image.Pt(333, 222)))
	before, over, err := s.under()
	require.NoError(t, err)
	require.True(t, over)
	for range 12 {
		s.magnify(1.2)
		now, _, err := s.under()
		require.NoError(t, err)
		require.Equal(t, before.channel, now.channel)
	}
	require.Greater(t, s.zoom, float32(8))
	at := s.fromX
	s.drag = true
	s.point(s.cursor.Sub(image.Pt(40, 0)))
	require.InDelta(t, at+40, s.fromX, 1e-3)
	for range 40 {
		s.magnify(1 / 1.2)
	}
	require.Equal(t, [3]float32{1, 0, 0}, [3]float32{s.zoom, s.fromX, s.fromY})
}

func TestPicturesGoRoundAndFailedOnesLeaveAMessage(t *testing.T) {
	s, w := shown(t)
	require.True(t, s.move(-1))
	answer(t, s, w)
	require.Equal(t, 2, best(s.shown.scores, 1)[0])
	require.True(t, s.move(1))
	require.Equal(t, 0, s.at)
	require.False(t, s.drop(nil))
	require.Equal(t, "nothing there", s.message)
	require.True(t, s.drop([]string{"missing.png"}))
	require.False(t, s.move(1), "there is one")
	answer(t, s, w)
	require.Contains(t, s.message, "missing.png")
	require.Equal(t, 2, best(s.shown.scores, 1)[0], "the last that could be read")
}

func TestTheCoverageIsThatOfTheStudy(t *testing.T) {
	s, _ := shown(t)
	require.Nil(t, s.maps().Needed)
	s.covered = true
	c := s.coverage()
	require.NoError(t, c.err)
	require.Equal(t, 100.0, share(c.later))
	require.Equal(t, 100.0, share(c.pixels))
	require.Len(t, s.maps().Needed, 15*15)
	s.choose(3)
	require.Equal(t, "res2c", s.chosen().name)
	require.InDelta(t, 100*64.0/225, share(s.coverage().later), 1e-9, "every second position of 15 x 15")
}

func TestAnySizeAndScaleCanBePainted(t *testing.T) {
	s, _ := shown(t)
	f, err := newFonts()
	require.NoError(t, err)
	s.covered = true
	for _, size := range []image.Point{{1, 1}, {30, 900}, {900, 30}, {300, 200}, {2500, 1400}} {
		for _, dots := range []float32{0, 1, 1.5, 3} {
			s.resize(size, dots)
			s.cursor = size.Div(2)
			s.paint(image.NewRGBA(image.Rectangle{Max: size}), f)
			if m := s.maps(); m != nil {
				require.Positive(t, m.Scale)
				require.False(t, m.Area.Empty())
			}
		}
	}
	s.shown.release()
	s.shown = nil
	s.files = nil
	s.paint(image.NewRGBA(image.Rect(0, 0, 800, 600)), f)
	require.Nil(t, s.maps())
}

package classify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
	"github.com/vkeras/vkeras/testdata/demo"
)

const samples = "../testdata/demo/pictures"

// folderOf makes a folder of n pictures, copies of the samples in turn; every
// bad-th is none.
func folderOf(t *testing.T, n, bad int) string {
	folder := t.TempDir()
	sources, err := filepath.Glob(filepath.Join(samples, "*.png"))
	require.NoError(t, err)
	for i := range n {
		b, err := os.ReadFile(sources[i%len(sources)])
		require.NoError(t, err)
		if bad > 0 && i%bad == bad-1 {
			b = b[:20]
		}
		require.NoError(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("%05d.png", i)), b, 0o644))
	}
	return folder
}

// counting is an net that counts, and fails after some runs.
type counting struct {
	engine.Net
	runs  *atomic.Int32
	after int32
	then  func() error
}

func (c counting) Run(ctx context.Context, x *nn.Tensor) (*nn.Tensor, error) {
	if c.runs.Add(1) > c.after {
		if err := c.then(); err != nil {
			return nil, err
		}
	}
	return c.Net.Run(ctx, x)
}

// classifying returns the demo model on a device, and how it takes pictures.
func classifying(t *testing.T) (engine.Net, Options) {
	file := demo.Model()
	m, err := loader.Read(file, file.Size())
	require.NoError(t, err)
	task, err := NewTask(m.Graph, TaskOptions{})
	require.NoError(t, err)
	device, err := engine.Open(engine.Choice{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, device.Close()) })
	o := Options{Reader: task.Reader, Labels: task.Labels, Batch: 2}
	net, err := device.Load(m.Graph, engine.Options{Batch: o.Batch, InFlight: device.Info().InFlight})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, net.Close()) })
	return net, o
}

func TestAPipelineStopsAtOnceWhenCancelledOrFailed(t *testing.T) {
	files, err := ListPictures([]string{folderOf(t, 400, 0)})
	require.NoError(t, err)
	net, o := classifying(t)
	lost := errors.New("the device was lost")
	full := errors.New("no space left")
	for name, c := range map[string]struct {
		fails, writeFails error
		cancels           bool
		want              error
	}{
		"a device that fails": {fails: lost, want: lost}, "a full disk": {writeFails: full, want: full}, "an interrupt": {cancels: true, want: context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var runs atomic.Int32
			stopping := counting{net, &runs, 3, func() error {
				if c.cancels {
					cancel()
				}
				return c.fails
			}}
			written := 0
			_, err := Run(ctx, stopping, Files(files...), o, func(b *Batch) error {
				written += len(b.Answers)
				return c.writeFails
			})
			require.ErrorIs(t, err, c.want)
			require.Less(t, int(runs.Load()), 20, "of 200 batches")
			require.Less(t, written, 40)
			if c.cancels {
				require.Equal(t, 2*int(runs.Load()), written, "what was in flight is finished")
			}
		})
	}
}

func TestStreamedJSONIsTheDocumentAsAWhole(t *testing.T) {
	answers := []*Answer{
		{Item: Item{Path: "a.png"}, Index: -1, Info: pictures.Info{Width: 1, Height: 2, Decoder: "Go", Shrunk: 4}, Classes: []Class{{1, "<b>", 0.5}, {0, "\"pictures\": []", 0.25}}},
		{Item: Item{Path: "b.npy"}, Index: 7, Info: pictures.Info{Width: 3, Height: 4}, Classes: []Class{}},
		{Item: Item{Path: "c.png"}, Index: -1, Info: pictures.Info{Width: 5, Height: 6}},
	}
	items := []Picture{{"a.png", 1, 2, "Go", 4, answers[0].Classes}, {"b.npy#7", 3, 4, "", 0, []Class{}}, {"c.png", 5, 6, "", 0, nil}}
	faults := []*Answer{{Item: Item{Path: "x", Err: errors.New("why")}, Index: -1}, {Item: Item{Path: "y", Err: &os.PathError{Op: "open", Path: "y", Err: errors.New("not\nso")}}, Index: -1}}
	failures := []Failure{{"x", "why"}, {"y", "not so"}}
	for n := range answers {
		for m := range faults {
			var got bytes.Buffer
			j := NewJSON(&got, Document{Model: "m"})
			for i := range n {
				require.NoError(t, j.Write(append(faults[min(i, m):min(i+1, m):m], answers[i])))
			}
			require.NoError(t, j.Write(faults[min(n, m):m]))
			require.NoError(t, j.Close())
			want := Document{Schema: "vkeras.classify/1", Model: "m", Pictures: append([]Picture{}, items[:n]...), Failed: append([]Failure{}, failures[:m]...)}
			text, err := json.MarshalIndent(want, "", "  ")
			require.NoError(t, err)
			require.Equal(t, string(text)+"\n", got.String())
		}
	}
}

func TestALostDeviceEndsARun(t *testing.T) {
	net, o := classifying(t)
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	lost := counting{net, new(atomic.Int32), 0, func() error { return gpu.ErrDeviceLost }}
	lines := Lines(strings.NewReader(filepath.Join(samples, "one_1.png")), Part{})
	_, err := Run(t.Context(), lost, lines, o, func(*Batch) error { return errors.New("nothing is to be written") })
	require.ErrorIs(t, err, gpu.ErrDeviceLost)
}

func TestWhatMakesNoSenseIsAnErrorOfTheRun(t *testing.T) {
	net, good := classifying(t)
	picture := filepath.Join(samples, "one_1.png")
	for name, c := range map[string]struct {
		change func(*Options)
		from   Source
		says   string
	}{
		"no size":           {func(o *Options) { o.Height = 0 }, Files(picture), "pictures of 0 x 64 pixels"},
		"a batch of none":   {func(o *Options) { o.Batch = -1 }, Files(picture), "batches of -1"},
		"labels of another": {func(o *Options) { o.Labels = []string{"cat", "dog"} }, Files(picture), "shape (1, 6), where scores of 2 classes"},
		"an endless line":   {func(*Options) {}, Lines(strings.NewReader(strings.Repeat("x", maxLineBytes+1)), Part{}), "a line of more than 1048576 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			c.change(&o)
			_, err := Run(t.Context(), net, c.from, o, func(*Batch) error { return nil })
			require.ErrorContains(t, err, c.says)
		})
	}
	t.Run("standard input where there is none", func(t *testing.T) {
		_, err := Run(t.Context(), net, Files(StandardInput), good, func(b *Batch) error {
			require.Len(t, b.Answers, 1)
			require.Equal(t, "standard input", b.Answers[0].Name())
			require.ErrorIs(t, b.Answers[0].Err, errNoStdin)
			return nil
		})
		require.NoError(t, err)
	})
}

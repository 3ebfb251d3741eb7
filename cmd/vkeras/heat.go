package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/view"
)

// heater is a `vkeras heat` on its way.
type heater struct {
	pictureInput
	model     modelFlags
	device    deviceFlags
	out       format
	class     string
	method    string
	folder    string
	show      bool
	occlusion view.Occlusion
}

// Methods of heat.
const (
	automatic   = "auto"
	camMethod   = "cam"
	coverMethod = "occlusion"
)

func (t *tool) heat() *cobra.Command {
	h := &heater{pictureInput: pictureInput{tool: t}}
	c := &cobra.Command{
		Use:   "heat PICTURE...",
		Short: "Draw which parts of a picture an answer hangs on",
		Long: `Heat writes each picture with the parts that speak for a class in warm colours,
as PNG. --method cam is the class activation map: exact, what each position of the
last feature map adds to the score; for nets that end in global average pooling
and one dense layer. --method occlusion covers squares of the picture and measures
how far the score falls; for all nets.

A class activation map is as coarse as the last feature map: 7 x 7 for nets of
keras.applications at 224, but 2 x 2 for the demo model. auto takes it where it is
exact and has 4 x 4 positions or more. What is used is said.`,
		Example: `  vkeras heat hand.png
  vkeras heat --method occlusion --patch 12 --class 3 --show hand.png`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return h.run(c.Context(), args) },
	}
	h.model.register(c)
	h.device.register(c, 16)
	h.pictureInput.register(c)
	h.registerOutput(c)
	h.out.register(c, false)
	c.Flags().StringVar(&h.class, "class", "", "class to ask about: a label or an index (default: the one with the highest score)")
	c.Flags().StringVar(&h.method, "method", automatic, "auto, cam or occlusion")
	c.Flags().IntVar(&h.occlusion.Patch, "patch", 0, "side of the square that occlusion covers, in pixels of the net's input (default: a quarter of it)")
	c.Flags().IntVar(&h.occlusion.Stride, "stride", 0, "pixels from one square to the next (default: a quarter of --patch)")
	c.Flags().StringVarP(&h.folder, "out", "o", ".", "`FOLDER` to write to; it is made if need be")
	c.Flags().BoolVar(&h.show, "show", false, "draw in the terminal too")
	_ = c.MarkFlagDirname("out")
	_ = c.RegisterFlagCompletionFunc("method", cobra.FixedCompletions([]string{automatic, camMethod, coverMethod}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// heatJSON is what heat found in one picture.
type heatJSON struct {
	Picture string  `json:"picture"`
	Class   int     `json:"class"`
	Label   string  `json:"label"`
	Score   float32 `json:"score"`
	Method  string  `json:"method"`
	Shape   [2]int  `json:"map_shape"` // (H, W)
	Peak    [2]int  `json:"peak"`      // row and column of the map's largest value
	File    string  `json:"file"`
}

func (h *heater) run(ctx context.Context, args []string) error {
	switch {
	case !slices.Contains([]string{automatic, camMethod, coverMethod}, h.method):
		return usagef("--method %q: expected auto, cam or occlusion", h.method)
	case h.occlusion.Patch < 0 || h.occlusion.Stride < 0:
		return usagef("--patch and --stride: expected positive numbers")
	case h.show && h.out.json:
		return usagef("--show and --json exclude each other")
	}
	files, failed, err := h.listed(classify.ListPictures(args))
	if err != nil {
		return err
	}
	model, name, err := h.model.open()
	if err != nil {
		return err
	}
	if err := h.prepare(model, name); err != nil {
		return err
	}
	class, err := h.index()
	if err != nil {
		return err
	}
	a, net, err := h.ask(h.Graph)
	if err != nil {
		return err
	}
	defer net.Close()
	h.say("device: %s", net.Device())
	h.tell()
	if err := os.MkdirAll(h.folder, 0o755); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	found := []heatJSON{}
	var notWritten outputError // of no picture: the next would end so, too
	for _, file := range files {
		f, err := h.one(ctx, a, net, file, class)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if errors.As(err, &notWritten) {
				break
			}
			failed = true
			fmt.Fprintf(h.stderr, "vkeras: %s: %s\n", shown(classify.DisplayName(file)), oneLine(hint(err)))
			continue
		}
		found = append(found, f)
	}
	if err := errors.Join(notWritten.error, h.write(found)); err != nil {
		return err
	}
	if failed {
		return errReported
	}
	return nil
}

// index returns the class that is asked about, -1 for the best.
func (h *heater) index() (int, error) {
	if h.class == "" {
		return -1, nil
	}
	if i := slices.Index(h.Labels, h.class); i >= 0 {
		return i, nil
	}
	if i, err := strconv.Atoi(h.class); err == nil && i >= 0 && i < len(h.Labels) {
		return i, nil
	}
	return 0, usagef("--class %q: no such label, nor an index below %d", h.class, len(h.Labels))
}

// ask decides how the network is asked, and puts what answers on the device.
func (h *heater) ask(g *nn.Graph) (*view.Asker, engine.Net, error) {
	a := &view.Asker{Occlusion: h.occlusion}
	a.Occlusion.Batch = h.device.batch
	if h.method != coverMethod {
		cam, err := view.NewCAM(g)
		switch {
		case err == nil && h.method == automatic && view.Coarse(cam.Features.Shape):
			h.say("occlusion, for the last feature map has only %d x %d positions; --method cam uses it all the same", cam.Features.Shape[0], cam.Features.Shape[1])
		case err == nil:
			a.CAM = cam
		case h.method == camMethod:
			return nil, nil, fmt.Errorf("--method cam: %w", err)
		default:
			h.say("occlusion, for %s", err)
		}
	}
	net, err := h.device.openAll(h.tool, a.Graph(g), 0)
	return a, net, err
}

// one draws one picture.
func (h *heater) one(ctx context.Context, a *view.Asker, net engine.Net, file string, class int) (heatJSON, error) {
	picture, err := h.Whole(ctx, file)
	if err != nil {
		return heatJSON{}, err
	}
	asked, err := a.Ask(ctx, net.RunAll, picture.Input, class)
	if errors.Is(err, view.ErrNoAnswer) {
		return heatJSON{}, fmt.Errorf("%w: --class says which class to ask about", err)
	} else if err != nil {
		return heatJSON{}, err
	}
	m := asked.Map
	row, column := m.Peak()
	f := heatJSON{
		Picture: classify.DisplayName(file), Class: asked.Class, Label: h.Labels[asked.Class], Score: asked.Score, Method: m.Method,
		Shape: [2]int{m.Height, m.Width}, Peak: [2]int{row, column}, File: filepath.Join(h.folder, sheetName(stem(file), "heat")),
	}
	if h.show {
		if err := view.HalfBlocks(h.stdout, m.Small(picture.Image, h.columns())); err != nil {
			return f, outputError{err}
		}
	}
	if err := h.writePNG(ctx, f.File, m.Over(picture.Image)); err != nil {
		return f, outputError{err}
	}
	return f, nil
}

// outputError is one of writing what was found, not of what is in a picture.
type outputError struct{ error }

func (e outputError) Unwrap() error { return e.error }

// columns is how wide to draw in the terminal.
func (h *heater) columns() int {
	const most, otherwise = 64, 48
	if f := terminal(h.stdout); f != nil {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return min(width, most)
		}
	}
	return otherwise
}

func (h *heater) write(found []heatJSON) error {
	if h.out.json {
		return h.writeJSON(struct {
			Schema   string     `json:"schema"`
			Pictures []heatJSON `json:"pictures"`
		}{"vkeras.heat/1", found})
	}
	if len(found) == 0 {
		return nil
	}
	w := newTable("picture", "class", h.Score, "map", "peak", "method", "file")
	for _, f := range found {
		w.AppendRow(table.Row{f.Picture, f.Label, scoreText(h.Score, f.Score), fmt.Sprintf("%d x %d", f.Shape[0], f.Shape[1]), fmt.Sprintf("%d, %d", f.Peak[0], f.Peak[1]), f.Method, f.File})
	}
	_, err := fmt.Fprintln(h.stdout, w.Render())
	return err
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
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
	"github.com/vkeras/vkeras/resnet/pictures"
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
	files, err := classify.ListPictures(args)
	if err != nil {
		return err
	}
	model, name, err := h.model.open()
	if err != nil {
		return err
	}
	if err := h.prepare(model.Graph, name); err != nil {
		return err
	}
	class, err := h.index()
	if err != nil {
		return err
	}
	s, err := h.open(model.Graph)
	if err != nil {
		return err
	}
	defer s.engine.Close()
	h.say("device: %s", s.engine.Device())
	h.tell()
	if err := os.MkdirAll(h.folder, 0o755); err != nil {
		return err
	}
	found, failed := []heatJSON{}, false
	for _, file := range files {
		f, err := h.one(ctx, s, file, class)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed = true
			fmt.Fprintf(h.stderr, "vkeras: %s: %s\n", classify.DisplayName(file), oneLine(hint(err)))
			continue
		}
		found = append(found, f)
	}
	if err := h.write(found); err != nil {
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

// subject is a network ready to be asked.
type subject struct {
	engine engine.Net // whose outputs are the scores and, with cam, its features
	cam    *view.CAM  // nil: occlusion
}

func (h *heater) open(g *nn.Graph) (subject, error) {
	var s subject
	outputs := []*nn.Node{g.Outputs[0]}
	if h.method != coverMethod {
		cam, err := view.NewCAM(g)
		switch {
		case err == nil && h.method == automatic && coarse(cam.Features.Shape):
			h.say("occlusion, for the last feature map has only %d x %d positions; --method cam uses it all the same", cam.Features.Shape[0], cam.Features.Shape[1])
		case err == nil:
			s.cam = cam
			outputs = append(outputs, cam.Features)
		case h.method == camMethod:
			return s, fmt.Errorf("--method cam: %w", err)
		default:
			h.say("occlusion, for %s", err)
		}
	}
	var err error
	s.engine, err = h.device.openAll(h.tool, view.Upto(g, outputs...), 0)
	return s, err
}

// coarse reports whether a class activation map of such features shows next to
// nothing.
func coarse(features nn.Shape) bool { return min(features[0], features[1]) < 4 }

// one draws one picture.
func (h *heater) one(ctx context.Context, s subject, file string, class int) (heatJSON, error) {
	picture, err := h.read(file)
	if err != nil {
		return heatJSON{}, err
	}
	x := nn.NewTensor(1, h.Height, h.Width, 3)
	if _, err := pictures.Tensor(x.Image(0), bytes.NewReader(picture.file), h.Width, h.Height, h.Pictures); err != nil {
		return heatJSON{}, err
	}
	y, err := s.engine.RunAll(ctx, []*nn.Tensor{x})
	if err != nil {
		return heatJSON{}, err
	}
	scores := y[0].Image(0)
	if class < 0 {
		class = slices.Index(scores, slices.Max(scores))
	}
	if class < 0 {
		return heatJSON{}, errors.New("the net's answer is not a number: --class says which class to ask about")
	}
	m, err := h.heatOf(ctx, s, x, y, class)
	if err != nil {
		return heatJSON{}, err
	}
	row, column := m.Peak()
	f := heatJSON{
		Picture: classify.DisplayName(file), Class: class, Label: h.Labels[class], Score: scores[class], Method: m.Method,
		Shape: [2]int{m.Height, m.Width}, Peak: [2]int{row, column}, File: filepath.Join(h.folder, sheetName(stem(file), "heat")),
	}
	if h.show {
		if err := view.HalfBlocks(h.stdout, m.Small(picture.image, h.columns())); err != nil {
			return f, err
		}
	}
	return f, writePNG(f.File, m.Over(picture.image))
}

// heatOf asks the network about one input.
func (h *heater) heatOf(ctx context.Context, s subject, x *nn.Tensor, y []*nn.Tensor, class int) (*view.Map, error) {
	if s.cam != nil {
		return s.cam.Map(&nn.Tensor{Shape: y[1].Shape[1:], Data: y[1].Data}, class)
	}
	o := h.occlusion
	o.Batch = h.device.batch
	run := func(ctx context.Context, batch *nn.Tensor) (*nn.Tensor, error) {
		out, err := s.engine.RunAll(ctx, []*nn.Tensor{batch})
		if err != nil {
			return nil, err
		}
		return out[0], nil
	}
	return view.Occlude(ctx, run, &nn.Tensor{Shape: x.Shape[1:], Data: x.Data}, class, o)
}

// opened is a picture's file and what it shows.
type opened struct {
	file  []byte
	image image.Image
}

// read reads a picture whole: it is decoded twice, for the net and to draw on.
func (k *pictureInput) read(file string) (opened, error) {
	source := k.stdin
	if file != classify.StandardInput {
		f, err := os.Open(file)
		if err != nil {
			return opened{}, err
		}
		defer f.Close()
		source = f
	}
	text, err := io.ReadAll(source)
	if err != nil {
		return opened{}, err
	}
	rgb, _, err := pictures.Decode(bytes.NewReader(text), k.Pictures.DecodeOptions)
	if err != nil {
		return opened{}, err
	}
	picture := image.NewRGBA(image.Rect(0, 0, rgb.Width, rgb.Height))
	for i := range rgb.Width * rgb.Height {
		copy(picture.Pix[4*i:], rgb.Pix[3*i:3*i+3])
		picture.Pix[4*i+3] = 255
	}
	return opened{text, picture}, nil
}

// columns is how wide to draw in the terminal.
func (h *heater) columns() int {
	const most, otherwise = 64, 48
	if f, ok := h.stdout.(*os.File); ok {
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

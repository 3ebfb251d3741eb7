package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/applications"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/internal/infile"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/profile"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
	"github.com/vkeras/vkeras/study"
	"github.com/vkeras/vkeras/study/plots"
	"github.com/vkeras/vkeras/testdata/demo"
)

// student is a `vkeras study` on its way.
type student struct {
	*tool
	model    modelFlags
	device   deviceFlags
	out      format
	variants []string
	size     int
	picture  string
	preset   string
	decoder  string // of the picture
	runs     int
	check    int
	every    int
	watch    string
	noDevice bool
	html     string
	folder   string
	opened   engine.Device // nil: none
	failed   error         // to write what was counted

	everyPosition bool
}

func (t *tool) study() *cobra.Command {
	s := &student{tool: t}
	c := &cobra.Command{
		Use:   "study [MODEL]",
		Short: "Measure what a network throws away where it halves its feature maps",
		Long: `Study answers a question: the course exercise's blocks halve their feature maps
with 1x1 convolutions of stride 2 on both paths, so that three positions of four
are never read. What is lost, and what do other ways of halving cost?

Without MODEL it builds the exercise's net with each way (--size 64 or 224) and
prints parameters, multiply-accumulates as written and after the demand pass,
and how much of each stage's input is read, counted position by position; then
what it measures: the time, and what changing positions does to the outputs. It
changes some of each kind that counting tells apart, such as those read by both
paths, and all of a kind that do not do the same; the reference checks a few.
With MODEL it finds every place where that network drops positions.

The nets of the comparison are not trained: coverage and time do not depend on
what the weights are. Their accuracies were measured once, with Keras; the
report shows them with the recipe.`,
		Example: `  vkeras study
  vkeras study --size 224 --html report.html --out pictures/
  vkeras study --variants a,v1.5,d --every-position
  vkeras study my_resnet.keras --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := s.model.argument(args); err != nil {
				return err
			}
			return s.run(c.Context())
		},
	}
	s.model.register(c)
	s.device.register(c, 32)
	s.out.register(c, false)
	f := c.Flags()
	f.StringSliceVar(&s.variants, "variants", nil, "ways to halve: "+strings.Join(variantNames(), ", ")+" (default: all)")
	f.IntVar(&s.size, "size", 64, "height and width of the variants' input")
	f.StringVar(&s.picture, "picture", "", "`FILE` to show the net (default: a picture of the demo model)")
	f.StringVar(&s.preset, "preset", "", "scaling of pixel values: exercise, caffe, tf, torch or none (default: by the model)")
	registerDecoder(c, &s.decoder)
	f.IntVarP(&s.runs, "runs", "n", 10, "timed runs of each net, taken in turn; 0: none")
	f.IntVar(&s.check, "check", 8, "positions of each feature map that the reference checks")
	f.IntVar(&s.every, "every", -1, "change the picture's pixels in each `N`-th row and column; 0: none (default: such that about 120 are)")
	f.BoolVar(&s.everyPosition, "every-position", false, "change all positions of the blocks' inputs, not a sample of each kind and those of kinds in doubt (--html and --out do, to draw them)")
	f.StringVar(&s.watch, "watch", string(study.OnNet), "where changes of the blocks' inputs are looked for: net (and the block), block (faster) or none (nothing is changed)")
	f.BoolVar(&s.noDevice, "no-device", false, "count and compute alone, measure nothing")
	f.StringVar(&s.html, "html", "", "write a report, one self-contained page, to `FILE`")
	f.StringVar(&s.folder, "out", "", "write the pictures, PNG and SVG, to `FOLDER`")
	c.MarkFlagsMutuallyExclusive("model", "variants")
	c.MarkFlagsMutuallyExclusive("model", "size")
	_ = c.MarkFlagFilename("html", "html")
	_ = c.MarkFlagDirname("out")
	_ = c.RegisterFlagCompletionFunc("variants", cobra.FixedCompletions(variantNames(), cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("watch", cobra.FixedCompletions(watches, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("preset", cobra.FixedCompletions(names(pictures.Presets()), cobra.ShellCompDirectiveNoFileComp))
	return c
}

func variantNames() []string {
	var list []string
	for _, a := range study.Variants() {
		list = append(list, a.Variant)
	}
	return list
}

var watches = []string{string(study.OnNet), string(study.OnBlock), string(study.OnNothing)}

func (s *student) run(ctx context.Context) error {
	if s.runs < 0 || s.check < 0 || s.every < -1 || s.size < 1 || s.device.batch < 1 {
		return usagef("--runs, --check and --every must not be negative, --size and --batch must be 1 or more")
	}
	if !slices.Contains(watches, s.watch) {
		return usagef("--watch %q: expected %s", s.watch, strings.Join(watches, ", "))
	}
	defer func() {
		if s.opened != nil {
			s.opened.Close()
		}
	}()
	var report *study.Report
	var shown image.Image
	var err error
	if s.model.path != "" {
		report, shown, err = s.inspect(ctx)
	} else {
		report, shown, err = s.compare(ctx)
	}
	if err != nil {
		return err
	}
	if err := s.draw(ctx, report, shown); err != nil {
		return err
	}
	if s.out.json {
		return s.writeJSON(report)
	}
	return errors.Join(s.failed, writeMeasured(s.stdout, report))
}

// compare studies the variants.
func (s *student) compare(ctx context.Context) (*study.Report, image.Image, error) {
	if s.model.config != "" || s.model.architecture != "" || s.model.size != "" || s.model.classes != 0 {
		return nil, nil, usagef("--config, --architecture, --classes and --input-size are for a MODEL")
	}
	input := nn.Shape{s.size, s.size, 3}
	o, shown, err := s.options(ctx, input, pictures.Exercise)
	if err != nil {
		return nil, nil, err
	}
	report, err := study.Compare(ctx, s.variants, input, o)
	if errors.Is(err, resnet.ErrUnknown) {
		err = usageError{err}
	}
	return report, shown, err
}

// inspect studies the user's model.
func (s *student) inspect(ctx context.Context) (*study.Report, image.Image, error) {
	m, name, err := s.model.open()
	if err != nil {
		return nil, nil, err
	}
	input := m.Graph.Inputs[0].Shape
	o := study.Options{}
	var shown image.Image
	if len(m.Graph.Inputs) == 1 && len(input) == 3 {
		preset := applications.Recognise(m.Graph).Preset
		if o, shown, err = s.options(ctx, input, preset); err != nil {
			return nil, nil, err
		}
	}
	report, err := study.Inspect(ctx, m.Graph, o)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return report, shown, nil
}

// options returns what is measured, and the picture that is shown to the nets.
func (s *student) options(ctx context.Context, input nn.Shape, preset pictures.Preset) (study.Options, image.Image, error) {
	o := study.Options{Check: s.check, Every: s.every, Watch: study.Watch(s.watch), Runs: s.runs, Batch: s.device.batch}
	if !s.everyPosition && s.html == "" && s.folder == "" {
		o.Sample = 8
	}
	if o.Every < 0 {
		const across = 11 // about 120 pixels
		o.Every = max((max(input[0], input[1])+across-1)/across, 1)
	}
	if !s.out.json {
		o.Counted = func(r *study.Report) { s.failed = writeCounted(s.stdout, r) }
	}
	shown, err := s.show(ctx, &o, input, preset)
	if err != nil || s.noDevice {
		return o, shown, err
	}
	if s.opened, err = s.device.openDevice(s.tool); err != nil {
		return o, nil, err
	}
	if s.opened.Info().Plain {
		o.Check = 0 // it would check itself
	}
	o.Device, o.Progress = s.opened.String(), s.progress()
	o.Open = func(g *nn.Graph, batch int) (engine.Net, error) {
		return s.opened.Load(g, engine.Options{Batch: batch})
	}
	return o, shown, nil
}

// show reads the picture.
func (s *student) show(ctx context.Context, o *study.Options, input nn.Shape, preset pictures.Preset) (image.Image, error) {
	if input[2] != 3 {
		if s.picture != "" {
			return nil, usagef("--picture: the model reads %d channels, a picture has 3", input[2])
		}
		o.Picture, o.Low, o.High = profile.Noise(input.Batch(1)), 0, 1
		return nil, nil
	}
	if s.preset != "" {
		var err error
		if preset, err = pictures.ParsePreset(s.preset); err != nil {
			return nil, usagef("--preset: %w", err)
		}
	}
	if preset == "" {
		preset = pictures.Exercise
	}
	read := func() (io.ReadCloser, error) { return io.NopCloser(demo.Picture()), nil }
	if s.picture != "" {
		read = func() (io.ReadCloser, error) { return infile.Open(ctx, s.picture) }
	}
	decoder, err := parseDecoder(s.decoder)
	if err != nil {
		return nil, err
	}
	f, err := read()
	if err != nil {
		return nil, fmt.Errorf("--picture: %w", err)
	}
	defer f.Close()
	rgb, _, err := pictures.Decode(f, pictures.DecodeOptions{Decoder: decoder})
	if err != nil {
		return nil, fmt.Errorf("--picture %s: %w", s.picture, err)
	}
	small, err := pictures.Resize(rgb, input[1], input[0], pictures.Bilinear)
	if err != nil {
		return nil, fmt.Errorf("--picture %s: %w", s.picture, err)
	}
	o.Picture = nn.NewTensor(input.Batch(1)...)
	for i, v := range small.Pix {
		o.Picture.Data[i] = float32(v)
	}
	preset.Apply(o.Picture.Data)
	o.Low, o.High = slices.Min(o.Picture.Data), slices.Max(o.Picture.Data)
	return small.Image(), nil
}

// progress draws a bar on standard error, on a terminal only.
func (s *student) progress() func(what string, done, total int) {
	if s.quiet || terminal(s.stderr) == nil {
		return nil
	}
	var bar *progressbar.ProgressBar
	var now string
	return func(what string, done, total int) {
		if what != now {
			now = what
			bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(s.stderr), progressbar.OptionShowCount(), progressbar.OptionSetDescription(what), progressbar.OptionClearOnFinish())
		}
		_ = bar.Set(done)
	}
}

// draw writes the pictures and the page.
func (s *student) draw(ctx context.Context, r *study.Report, shown image.Image) error {
	if s.folder == "" && s.html == "" {
		return nil
	}
	figures, err := plots.All(r, shown)
	if err != nil {
		return err
	}
	if s.folder != "" {
		if err := plots.Save(ctx, s.folder, figures); err != nil {
			return err
		}
		s.say("vkeras: wrote %d pictures, PNG and SVG, to %s", len(figures), s.folder)
	}
	if s.html == "" {
		return nil
	}
	if err := s.writeFile(ctx, s.html, func(w io.Writer) error { return plots.Page(w, r, figures) }); err != nil {
		return fmt.Errorf("--html: %w", err)
	}
	s.say("vkeras: wrote %s", s.html)
	return nil
}

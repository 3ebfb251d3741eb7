package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// classifier is a `vkeras classify` on its way.
type classifier struct {
	*tool
	model          modelFlags
	device         deviceFlags
	out            format
	top            int
	labelFile      string
	preset, filter string
	exif           bool
	labels         []string
	score          string // what the model's outputs are
	options        pictures.Options
	height, width  int
}

func (t *tool) classify() *cobra.Command {
	k := &classifier{tool: t}
	c := &cobra.Command{
		Use:   "classify PICTURE...",
		Short: "Classify pictures",
		Long: `Classify names what pictures show. A PICTURE is a file (JPEG, PNG, GIF, BMP,
TIFF, WebP), a folder, which stands for all pictures in and below it, a pattern
in quotes, or - for standard input.

A picture is resized as Keras's load_img does and its values scaled by --preset.
Keras files say nothing of either; what is used is written to standard error.`,
		Example: `  vkeras classify hand.png
  vkeras classify --model my_resnet.keras --labels names.txt --preset caffe photos/
  vkeras classify --csv photos/ > answers.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return k.run(c.Context(), args) },
	}
	k.model.register(c)
	k.device.register(c, 16)
	k.out.register(c, true)
	c.Flags().IntVarP(&k.top, "top", "k", 1, "classes to name for each picture")
	c.Flags().StringVarP(&k.labelFile, "labels", "l", "", "`FILE` of class names: one a line, a JSON list, or Keras's class index")
	c.Flags().StringVar(&k.preset, "preset", "", "scaling of pixel values: exercise, caffe, tf, torch or none (default: by the model)")
	c.Flags().StringVar(&k.filter, "resize", string(pictures.Nearest), "how to resize: nearest, box, bilinear, hamming, bicubic, lanczos, tf-bilinear or tf-bilinear-antialias")
	c.Flags().BoolVar(&k.exif, "exif", false, "turn pictures upright by their EXIF orientation (Keras does not)")
	_ = c.RegisterFlagCompletionFunc("preset", cobra.FixedCompletions(names(pictures.Presets()), cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("resize", cobra.FixedCompletions(names(pictures.Filters()), cobra.ShellCompDirectiveNoFileComp))
	return c
}

func names[T ~string](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// answer is one picture's.
type answer struct {
	File    string  `json:"file"`
	Width   int     `json:"width"`
	Height  int     `json:"height"`
	Classes []class `json:"classes"`
}

type class struct {
	Index int     `json:"index"`
	Label string  `json:"label"`
	Score float32 `json:"score"`
}

func (k *classifier) run(ctx context.Context, args []string) error {
	if k.top < 1 {
		return usagef("--top %d: expected 1 or more", k.top)
	}
	files, err := listPictures(args)
	if err != nil {
		return err
	}
	m, name, err := k.model.open()
	if err != nil {
		return err
	}
	if err := k.prepare(m.Graph, name); err != nil {
		return err
	}
	e, err := k.device.open(k.tool, m.Graph, len(files))
	if err != nil {
		return err
	}
	defer e.Close()
	k.say("model: %s", name)
	k.say("device: %s", e)
	k.say("pictures: resized to %d x %d (--resize %s), then %s (--preset %s)", k.width, k.height, k.options.Filter, k.options.Preset.Describe(), k.options.Preset)
	answers, faults, err := k.all(ctx, e, files)
	if err != nil {
		return err
	}
	if err := k.write(answers, faults, name, e); err != nil {
		return err
	}
	if len(faults) > 0 {
		return errReported
	}
	return nil
}

// prepare finds out how the model wants its pictures and what its outputs mean.
func (k *classifier) prepare(g *nn.Graph, name string) error {
	if len(g.Inputs) != 1 || len(g.Outputs) != 1 || len(g.Inputs[0].Shape) != 3 || g.Inputs[0].Shape[2] != 3 || len(g.Outputs[0].Shape) != 1 {
		return fmt.Errorf("%s: to classify pictures a model must map (H, W, 3) to (classes): `vkeras summary` shows its shapes, `vkeras predict` takes any", name)
	}
	k.height, k.width = g.Inputs[0].Shape[0], g.Inputs[0].Shape[1]
	known := resnet.Recognise(g)
	if k.preset == "" && known.Preset == "" {
		return usagef("%s: %s; pass --preset %s", name, known.Why, "exercise, caffe, tf, torch or none")
	}
	preset := known.Preset
	if k.preset != "" {
		var err error
		if preset, err = pictures.ParsePreset(k.preset); err != nil {
			return usagef("--preset: %w", err)
		}
	}
	filter, err := pictures.ParseFilter(k.filter)
	if err != nil {
		return usagef("--resize: %w", err)
	}
	k.options = pictures.Options{Filter: filter, Preset: preset, DecodeOptions: pictures.DecodeOptions{EXIF: k.exif}}
	k.score = scoreOf(g)
	return k.name(g.Outputs[0].Shape[0], known.Labels)
}

// name finds the class names: from the file, or what is known of the model.
func (k *classifier) name(classes int, known []string) error {
	k.labels = known
	if k.labelFile != "" {
		f, err := os.Open(k.labelFile)
		if err != nil {
			return fmt.Errorf("--labels: %w", err)
		}
		defer f.Close()
		if k.labels, err = resnet.ParseLabels(f); err != nil {
			return fmt.Errorf("--labels %s: %w", k.labelFile, err)
		}
		if len(k.labels) != classes {
			return fmt.Errorf("--labels %s: expected %d names, one a class, found %d", k.labelFile, classes, len(k.labels))
		}
	}
	if len(k.labels) != classes {
		k.labels = make([]string, classes)
		for i := range k.labels {
			k.labels[i] = fmt.Sprintf("class %d", i)
		}
	}
	return nil
}

// scoreOf says what the numbers are that the graph ends in.
func scoreOf(g *nn.Graph) string {
	n := g.Outputs[0]
	for {
		switch op := n.Op.(type) {
		case *nn.Identity, *nn.Flatten, *nn.Reshape:
			n = n.Inputs[0]
			continue
		case *nn.Softmax:
			return "probability"
		case *nn.Activation:
			if op.Func == nn.Sigmoid {
				return "probability"
			}
		}
		return "score"
	}
}

// all classifies the files batch by batch, the next one read while one
// computes. Files that are no pictures are faults, told as they come.
func (k *classifier) all(ctx context.Context, e engine, files []string) (answers []answer, faults []fault, err error) {
	bar := k.progress(len(files))
	batches := make(chan *batch, 1)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(batches)
		for part := range slices.Chunk(files, k.device.batch) {
			select {
			case batches <- k.load(ctx, part):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	group.Go(func() error {
		for b := range batches {
			if err := ctx.Err(); err != nil {
				return err
			}
			found, err := k.compute(ctx, e, b)
			if err != nil {
				return err
			}
			answers = append(answers, found...)
			faults = append(faults, b.faults...)
			_ = bar.Add(len(b.files) + len(b.faults))
		}
		return nil
	})
	err = group.Wait()
	_ = bar.Clear()
	for _, f := range faults {
		fmt.Fprintf(k.stderr, "vkeras: %s: %s\n", f.File, f.Error)
	}
	return answers, faults, err
}

// progress returns a bar on standard error, which draws on a terminal only.
func (k *classifier) progress(n int) *progressbar.ProgressBar {
	f, isFile := k.stderr.(*os.File)
	if k.quiet || n < 2 || !isFile || !term.IsTerminal(int(f.Fd())) {
		return progressbar.DefaultSilent(int64(n))
	}
	return progressbar.NewOptions(n, progressbar.OptionSetWriter(k.stderr), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
		progressbar.OptionSetItsString("pictures"), progressbar.OptionSetDescription("classify"), progressbar.OptionClearOnFinish())
}

// fault is a file that could not be classified.
type fault struct {
	File  string `json:"file"`
	Error string `json:"error"`
}

// batch is some pictures, decoded.
type batch struct {
	files  []string
	infos  []pictures.Info
	x      *nn.Tensor
	faults []fault
}

// load decodes files side by side.
func (k *classifier) load(ctx context.Context, files []string) *batch {
	x := nn.NewTensor(len(files), k.height, k.width, 3)
	infos, errs := make([]pictures.Info, len(files)), make([]error, len(files))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, file := range files {
		group.Go(func() error {
			if errs[i] = ctx.Err(); errs[i] == nil {
				infos[i], errs[i] = k.decode(x.Image(i), file)
			}
			return nil
		})
	}
	_ = group.Wait()
	b := &batch{}
	kept := x.Data[:0]
	for i, file := range files {
		if errs[i] != nil {
			b.faults = append(b.faults, fault{display(file), oneLine(withoutPath(errs[i]))})
			continue
		}
		kept = append(kept, x.Image(i)...)
		b.files = append(b.files, file)
		b.infos = append(b.infos, infos[i])
	}
	b.x = &nn.Tensor{Shape: nn.Shape{len(b.files), k.height, k.width, 3}, Data: kept}
	return b
}

func (k *classifier) decode(dst []float32, file string) (pictures.Info, error) {
	if file == stdinName {
		return pictures.Tensor(dst, k.stdin, k.width, k.height, k.options)
	}
	f, err := os.Open(file)
	if err != nil {
		return pictures.Info{}, err
	}
	defer f.Close()
	return pictures.Tensor(dst, f, k.width, k.height, k.options)
}

// withoutPath drops the path that package os puts into its errors.
func withoutPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func display(file string) string {
	if file == stdinName {
		return "standard input"
	}
	return file
}

func (k *classifier) compute(ctx context.Context, e engine, b *batch) ([]answer, error) {
	if len(b.files) == 0 {
		return nil, nil
	}
	y, err := e.Run(ctx, b.x)
	if err != nil {
		return nil, err
	}
	answers := make([]answer, len(b.files))
	for i, file := range b.files {
		answers[i] = answer{File: display(file), Width: b.infos[i].Width, Height: b.infos[i].Height, Classes: k.best(y.Image(i))}
		for _, w := range b.infos[i].Warnings {
			k.say("vkeras: %s: %s", display(file), w)
		}
	}
	return answers, nil
}

// best returns the classes with the highest scores.
func (k *classifier) best(scores []float32) []class {
	all := make([]class, len(scores))
	for i, s := range scores {
		all[i] = class{i, k.labels[i], s}
	}
	slices.SortStableFunc(all, func(a, b class) int { return cmp.Compare(b.Score, a.Score) })
	return all[:min(k.top, len(all))]
}

func (k *classifier) write(answers []answer, faults []fault, model string, e engine) error {
	switch {
	case k.out.json:
		return k.writeJSON(struct {
			Schema   string   `json:"schema"`
			Model    string   `json:"model"`
			Device   string   `json:"device"`
			Resize   string   `json:"resize"`
			Preset   string   `json:"preset"`
			Score    string   `json:"score"`
			Pictures []answer `json:"pictures"`
			Failed   []fault  `json:"failed"`
		}{"vkeras.classify/1", model, e.String(), string(k.options.Filter), string(k.options.Preset), k.score, append([]answer{}, answers...), append([]fault{}, faults...)})
	case k.out.csv:
		return k.writeCSV(answers)
	case len(answers) == 0:
		return nil
	}
	w := newTable("picture", "class", k.score)
	w.SetColumnConfigs([]table.ColumnConfig{{Number: 3, Align: text.AlignRight, AlignHeader: text.AlignRight}})
	for _, a := range answers {
		file := a.File
		for _, c := range a.Classes {
			w.AppendRow(table.Row{file, c.Label, k.number(c.Score)})
			file = ""
		}
	}
	_, err := fmt.Fprintln(k.stdout, w.Render())
	return err
}

// number writes a probability in per cent, any other score as it is.
func (k *classifier) number(score float32) string {
	if k.score != "probability" || math.IsNaN(float64(score)) {
		return strconv.FormatFloat(float64(score), 'g', 6, 32)
	}
	return fmt.Sprintf("%.2f %%", 100*score)
}

func (k *classifier) writeCSV(answers []answer) error {
	w := csv.NewWriter(k.stdout)
	_ = w.Write([]string{"file", "rank", "index", "label", k.score})
	for _, a := range answers {
		for rank, c := range a.Classes {
			_ = w.Write([]string{a.File, strconv.Itoa(rank + 1), strconv.Itoa(c.Index), c.Label, strconv.FormatFloat(float64(c.Score), 'g', -1, 32)})
		}
	}
	w.Flush()
	return w.Error()
}

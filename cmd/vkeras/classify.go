package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
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
	maxPixels      int64
	dumpFile       string
	dump           *dump // nil without dumpFile
	labels         []string
	score          string // what the model's outputs are
	options        pictures.Options
	why            string // the preset was chosen
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
Keras files say nothing of either; what is used is written to standard error,
with every constant in --json, and the outcome with --dump-input.

Nets of keras.applications with 1000 classes get their names from Keras's own
imagenet_class_index.json where Keras has fetched it (~/.keras/models).`,
		Example: `  vkeras classify hand.png
  vkeras classify --model my_resnet.keras --labels names.txt --preset caffe photos/
  vkeras classify --csv photos/ > answers.csv
  vkeras classify --dump-input x.npy hand.png`,
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
	c.Flags().Int64Var(&k.maxPixels, "max-pixels", pictures.DefaultMaxPixels, "refuse pictures of more pixels, before they are decoded")
	c.Flags().StringVar(&k.dumpFile, "dump-input", "", "write the tensors that the net gets, in the order of the answers, to `FILE`.npy")
	_ = c.MarkFlagFilename("dump-input", "npy")
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

func (k *classifier) run(ctx context.Context, args []string) error {
	if k.top < 1 {
		return usagef("--top %d: expected 1 or more", k.top)
	}
	if k.maxPixels < 1 {
		return usagef("--max-pixels %d: expected 1 or more", k.maxPixels)
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
	if k.dumpFile != "" {
		if k.dump, err = newDump(k.dumpFile, m.Graph.Inputs[0].Shape); err != nil {
			return fmt.Errorf("--dump-input: %w", err)
		}
		defer k.dump.discard()
	}
	answers, bad := k.answers(name, e), 0
	err = k.all(ctx, e, files, func(a []answer, f []fault) error {
		bad += len(f)
		return answers.write(a, f)
	})
	if err != nil {
		return err
	}
	if err := k.dump.finish(); err != nil {
		return fmt.Errorf("--dump-input: %w", err)
	}
	if err := answers.close(); err != nil {
		return err
	}
	if bad > 0 {
		return errReported
	}
	return nil
}

// prepare finds out how the model wants its pictures and what its outputs mean.
func (k *classifier) prepare(g *nn.Graph, name string) error {
	if len(g.Inputs) != 1 || len(g.Outputs) != 1 || len(g.Inputs[0].Shape) != 3 || g.Inputs[0].Shape[2] != 3 || len(g.Outputs[0].Shape) != 1 {
		return fmt.Errorf("%s: to classify pictures a model must map (H, W, 3) to (classes): `vkeras summary` shows its shapes, `vkeras predict` takes any", name)
	}
	known := resnet.Recognise(g)
	if err := k.scale(g, name, known); err != nil {
		return err
	}
	k.score = scoreOf(g)
	return k.name(g.Outputs[0].Shape[0], known)
}

// scale finds out how pictures become the model's input.
func (k *classifier) scale(g *nn.Graph, name string, known resnet.Known) error {
	k.height, k.width = g.Inputs[0].Shape[0], g.Inputs[0].Shape[1]
	if k.preset == "" && known.Preset == "" {
		return usagef("%s: %s; pass --preset %s", name, known.Why, "exercise, caffe, tf, torch or none")
	}
	preset := known.Preset
	k.why = known.Why
	if k.preset != "" {
		var err error
		if preset, err = pictures.ParsePreset(k.preset); err != nil {
			return usagef("--preset: %w", err)
		}
		if doubt := doubtPreset(preset, known); doubt != "" {
			k.say("vkeras: %s", doubt)
		}
		k.why = "--preset says so"
	}
	filter, err := pictures.ParseFilter(k.filter)
	if err != nil {
		return usagef("--resize: %w", err)
	}
	k.options = pictures.Options{Filter: filter, Preset: preset, DecodeOptions: pictures.DecodeOptions{EXIF: k.exif, MaxPixels: k.maxPixels, Admit: admission()}}
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

// progress returns a bar on standard error, which draws on a terminal only.
func (k *classifier) progress(n int) *progressbar.ProgressBar {
	f, isFile := k.stderr.(*os.File)
	if k.quiet || n < 2 || !isFile || !term.IsTerminal(int(f.Fd())) {
		return progressbar.DefaultSilent(int64(n))
	}
	return progressbar.NewOptions(n, progressbar.OptionSetWriter(k.stderr), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
		progressbar.OptionSetItsString("pictures"), progressbar.OptionSetDescription("classify"), progressbar.OptionClearOnFinish())
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

// hint drops the path from an error and adds what to do about it.
func hint(err error) error {
	if errors.Is(err, pictures.ErrTooLarge) {
		return fmt.Errorf("%w (--max-pixels raises it)", err)
	}
	return withoutPath(err)
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

// best returns the classes with the highest scores.
func (k *classifier) best(scores []float32) []class {
	all := make([]class, len(scores))
	for i, s := range scores {
		all[i] = class{i, k.labels[i], s}
	}
	slices.SortStableFunc(all, func(a, b class) int { return cmp.Compare(b.Score, a.Score) })
	return all[:min(k.top, len(all))]
}

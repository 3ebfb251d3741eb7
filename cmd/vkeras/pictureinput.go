package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// pictureInput says how a command reads pictures for a model, and what the
// model's answers mean.
type pictureInput struct {
	*tool
	labelFile      string
	preset, filter string
	exif           bool
	maxPixels      int64

	// Set by prepare.
	labels        []string
	score         string // what the model's outputs are
	options       pictures.Options
	why           string // the preset was chosen
	height, width int
}

func (k *pictureInput) register(c *cobra.Command) {
	c.Flags().StringVarP(&k.labelFile, "labels", "l", "", "`FILE` of class names: one a line, a JSON list, or Keras's class index")
	c.Flags().StringVar(&k.preset, "preset", "", "scaling of pixel values: exercise, caffe, tf, torch or none (default: by the model)")
	_ = c.RegisterFlagCompletionFunc("preset", cobra.FixedCompletions(names(pictures.Presets()), cobra.ShellCompDirectiveNoFileComp))
	k.registerReading(c)
}

// registerReading registers how pictures become pixels of one size.
func (k *pictureInput) registerReading(c *cobra.Command) {
	c.Flags().StringVar(&k.filter, "resize", string(pictures.Nearest), "how to resize: nearest, box, bilinear, hamming, bicubic, lanczos, tf-bilinear or tf-bilinear-antialias")
	c.Flags().BoolVar(&k.exif, "exif", false, "turn pictures upright by their EXIF orientation (Keras does not)")
	c.Flags().Int64Var(&k.maxPixels, "max-pixels", pictures.DefaultMaxPixels, "refuse pictures of more pixels, before they are decoded")
	_ = c.RegisterFlagCompletionFunc("resize", cobra.FixedCompletions(names(pictures.Filters()), cobra.ShellCompDirectiveNoFileComp))
}

func names[T ~string](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// tell says what is done to pictures.
func (k *pictureInput) tell() {
	k.say("pictures: resized to %d x %d (--resize %s), then %s (--preset %s)", k.width, k.height, k.options.Filter, k.options.Preset.Describe(), k.options.Preset)
}

// prepare finds out how the model wants its pictures and what its outputs mean.
func (k *pictureInput) prepare(g *nn.Graph, name string) error {
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
func (k *pictureInput) scale(g *nn.Graph, name string, known resnet.Known) error {
	if err := k.reading(); err != nil {
		return err
	}
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
	k.options.Preset = preset
	return nil
}

// reading reads the flags of registerReading into the options.
func (k *pictureInput) reading() error {
	if k.maxPixels < 1 {
		return usagef("--max-pixels %d: expected 1 or more", k.maxPixels)
	}
	filter, err := pictures.ParseFilter(k.filter)
	if err != nil {
		return usagef("--resize: %w", err)
	}
	k.options = pictures.Options{Filter: filter, DecodeOptions: pictures.DecodeOptions{EXIF: k.exif, MaxPixels: k.maxPixels, Admit: admission()}}
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

func (k *pictureInput) decode(dst []float32, file string) (pictures.Info, error) {
	if file == stdinName {
		return pictures.Tensor(dst, k.stdin, k.width, k.height, k.options)
	}
	return k.decodeFile(dst, file)
}

// decodeFile is decode where - is a file's name.
func (k *pictureInput) decodeFile(dst []float32, file string) (pictures.Info, error) {
	f, err := os.Open(file)
	if err != nil {
		return pictures.Info{}, err
	}
	defer f.Close()
	return pictures.Tensor(dst, f, k.width, k.height, k.options)
}

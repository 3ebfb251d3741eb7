package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/applications"
	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/internal/infile"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// pictureInput says how a command reads pictures for a model, and what the
// model's answers mean.
type pictureInput struct {
	*tool
	labelFile      string
	output         string // the name of the one that classifies; "" for the only one
	choosesOutput  bool   // the command has --output
	preset, filter string
	exif           bool
	maxPixels      int64
	decoder        string
	fastJPEG       bool

	classify.Task // set by prepare

	context func() context.Context // ends when the user does not wait any longer
}

func (k *pictureInput) register(c *cobra.Command) {
	c.Flags().StringVarP(&k.labelFile, "labels", "l", "", "`FILE` of class names: one a line, a JSON list, or Keras's class index")
	c.Flags().StringVar(&k.preset, "preset", "", "scaling of pixel values: exercise, caffe, tf, torch or none (default: by the model)")
	_ = c.RegisterFlagCompletionFunc("preset", cobra.FixedCompletions(names(pictures.Presets()), cobra.ShellCompDirectiveNoFileComp))
	k.registerReading(c)
}

// registerOutput registers the choice among several outputs.
func (k *pictureInput) registerOutput(c *cobra.Command) {
	k.choosesOutput = true
	c.Flags().StringVar(&k.output, "output", "", "`NAME` of the output that classifies, of a model with several (default: the only one that may)")
}

// registerReading registers how pictures become pixels of one size.
func (k *pictureInput) registerReading(c *cobra.Command) {
	k.context = c.Context
	c.Flags().StringVar(&k.filter, "resize", string(pictures.Nearest), "how to resize: nearest, box, bilinear, hamming, bicubic, lanczos, tf-bilinear or tf-bilinear-antialias")
	c.Flags().BoolVar(&k.exif, "exif", false, "turn pictures upright by their EXIF orientation (Keras does not)")
	c.Flags().Int64Var(&k.maxPixels, "max-pixels", pictures.DefaultMaxPixels, "refuse pictures of more pixels, before they are decoded")
	c.Flags().BoolVar(&k.fastJPEG, "fast-jpeg", false, "decode large JPEG files to a half, a quarter or an eighth of their size where that covers the model's input, as Pillow's draft (Keras does not)")
	_ = c.RegisterFlagCompletionFunc("resize", cobra.FixedCompletions(names(pictures.Filters()), cobra.ShellCompDirectiveNoFileComp))
	registerDecoder(c, &k.decoder)
}

// registerDecoder registers the choice of what decodes JPEG files.
func registerDecoder(c *cobra.Command, decoder *string) {
	c.Flags().StringVar(decoder, "decoder", string(pictures.AutoDecoder), "what decodes JPEG files: auto, go (safe on whatever file), or turbojpeg (as Pillow, to the byte; auto takes it where it is)")
	_ = c.RegisterFlagCompletionFunc("decoder", cobra.FixedCompletions(names(pictures.Decoders()), cobra.ShellCompDirectiveNoFileComp))
}

// parseDecoder reads --decoder. That the system has not what it asks for is no wrong
// usage.
func parseDecoder(name string) (pictures.Decoder, error) {
	d, err := pictures.ParseDecoder(name)
	switch {
	case errors.Is(err, pictures.ErrDecoder):
		return d, fmt.Errorf("--decoder %s: %w", name, err)
	case err != nil:
		return d, usagef("--decoder: %w", err)
	}
	return d, nil
}

// prepare finds out how the model wants its pictures and what its outputs mean.
func (k *pictureInput) prepare(m *loader.Model, name string) error {
	o, err := k.options()
	if err != nil {
		return err
	}
	why := ""
	if o.Preset == "" && m.TeachableMachine {
		o.Preset, why = pictures.TF, "Teachable Machine scales so"
	}
	var labels func(classes int) ([]string, error)
	switch {
	case k.labelFile != "":
		labels = k.labelsOfFile
	case m.Labels != nil:
		labels = func(int) ([]string, error) { return m.Labels, nil }
	}
	g := m.Graph
	task, err := classify.NewTask(g, classify.TaskOptions{Pictures: o, Labels: labels, Output: k.output})
	switch {
	case errors.Is(err, classify.ErrNotPictures):
		return fmt.Errorf("%s: %w: `vkeras summary` shows its shapes, `vkeras predict` takes any", name, err)
	case errors.Is(err, classify.ErrOutput) && !k.choosesOutput:
		return fmt.Errorf("%s: %w, of which this command takes none: `vkeras classify --output NAME` does", name, err)
	case errors.Is(err, classify.ErrOutput):
		return usagef("%s: %w; pass --output NAME", name, err)
	case err != nil:
		return k.explainPreset(err, g, name)
	}
	k.Task = *task
	k.Stdin = k.stdin
	if why != "" {
		k.Why = why
	}
	if k.preset != "" {
		k.Why = "--preset says so"
		k.doubt(k.Known)
	}
	if k.labelFile == "" && m.Labels != nil {
		k.say("labels: of the file beside the model")
	}
	k.tellLabels()
	return nil
}

// prepareReader is prepare for a command that asks for no classes.
func (k *pictureInput) prepareReader(m *loader.Model, name string) error {
	if !classify.TakesPictures(m.Graph) {
		return fmt.Errorf("%s: its input is no picture, (H, W, 3) or (H, W, 1): `vkeras summary` shows its shapes, `vkeras predict` takes any", name)
	}
	if k.preset == "" && m.TeachableMachine {
		k.preset = string(pictures.TF)
	}
	reader, err := k.reader(m.Graph, name)
	k.Task.Reader = reader
	return err
}

// reader is prepare for a model whose outputs may be anything.
func (k *pictureInput) reader(g *nn.Graph, name string) (classify.Reader, error) {
	o, err := k.options()
	if err != nil {
		return classify.Reader{}, err
	}
	r, err := classify.NewReader(g, o)
	if err != nil {
		return r, k.explainPreset(err, g, name)
	}
	if k.preset != "" {
		k.doubt(applications.Recognise(g))
	}
	r.Stdin = k.stdin
	return r, nil
}

// options returns what the flags say of how pictures are read.
func (k *pictureInput) options() (pictures.Options, error) {
	var o pictures.Options
	if k.maxPixels < 1 {
		return o, usagef("--max-pixels %d: expected 1 or more", k.maxPixels)
	}
	filter, err := pictures.ParseFilter(k.filter)
	if err != nil {
		return o, usagef("--resize: %w", err)
	}
	if k.preset != "" {
		if o.Preset, err = pictures.ParsePreset(k.preset); err != nil {
			return o, usagef("--preset: %w", err)
		}
	}
	decoder, err := parseDecoder(k.decoder)
	if err != nil {
		return o, err
	}
	o.Filter, o.FastJPEG = filter, k.fastJPEG
	o.DecodeOptions = pictures.DecodeOptions{EXIF: k.exif, MaxPixels: k.maxPixels, Decoder: decoder, Admit: pictures.AtOnce(pictures.DefaultPixelsAtOnce)}
	if k.fastJPEG && decoder == pictures.GoDecoder {
		return o, usagef("--fast-jpeg: --decoder go decodes whole pictures alone")
	}
	return o, nil
}

// explainPreset says which flag an unknown preset needs.
func (k *pictureInput) explainPreset(err error, g *nn.Graph, name string) error {
	if errors.Is(err, classify.ErrNoPreset) {
		return usagef("%s: %s; pass --preset %s", name, applications.Recognise(g).Why, "exercise, caffe, tf, torch or none")
	}
	if errors.Is(err, classify.ErrPreset) {
		return usagef("%s: %w; pass --preset exercise, tf or none", name, err)
	}
	return err
}

// doubt warns of a --preset that cannot be right.
func (k *pictureInput) doubt(known resnet.Known) {
	if doubt := doubtPreset(pictures.Preset(k.preset), known); doubt != "" {
		k.say("vkeras: %s", doubt)
	}
}

// doubtPreset returns what is wrong with a preset for a net that is known to want
// another one, "" if nothing is.
func doubtPreset(chosen pictures.Preset, known resnet.Known) string {
	if known.Preset == "" || known.Preset == chosen {
		return ""
	}
	low, high := chosen.Range()
	least, most := known.Preset.Range()
	return fmt.Sprintf("--preset %s gives the net values from %g to %g, but %s: that is --preset %s, from %g to %g", chosen, low, high, known.Why, known.Preset, least, most)
}

func (k *pictureInput) labelsOfFile(classes int) ([]string, error) {
	f, err := infile.Open(k.context(), k.labelFile)
	if err != nil {
		return nil, fmt.Errorf("--labels %s: %w", k.labelFile, withoutPath(err))
	}
	defer f.Close()
	labels, err := resnet.ClassLabels(f, classes)
	if err != nil {
		return nil, fmt.Errorf("--labels %s: %w", k.labelFile, withoutPath(err))
	}
	return labels, nil
}

// tellLabels says where the classes' names are from, if it is not the model or a flag.
func (k *pictureInput) tellLabels() {
	switch {
	case k.LabelFile == "":
	case errors.Is(k.LabelErr, fs.ErrNotExist):
		k.say("labels: none, for there is no %s: --labels FILE names the classes", k.LabelFile)
	case k.LabelErr != nil:
		k.say("vkeras: %s: %s: not used", k.LabelFile, oneLine(withoutPath(k.LabelErr)))
	default:
		k.say("labels: %s", k.LabelFile)
	}
}

// tell says what is done to pictures.
func (k *pictureInput) tell() {
	first := "resized"
	if k.Pictures.Grey {
		first = "made grey, resized"
	}
	then := k.Pictures.Preset.Describe()
	if k.Pictures.Grey {
		then = strings.Replace(then, ", RGB", "", 1)
	}
	k.say("pictures: %s to %d x %d (--resize %s), then %s (--preset %s)", first, k.Width, k.Height, k.Pictures.Filter, then, k.Pictures.Preset)
	if k.Pictures.FastJPEG {
		k.say("%s", fastJPEG(k.Pictures.Decoder))
	}
}

// fastJPEG says what --fast-jpeg does here.
func fastJPEG(d pictures.Decoder) string {
	if _, err := d.JPEG(); err != nil {
		return fmt.Sprintf("vkeras: --fast-jpeg does nothing: %s", oneLine(err))
	}
	return "JPEG files are decoded scaled down where they are large (--fast-jpeg); Keras decodes them whole"
}

// listed reports the arguments that give no pictures. It returns whether some did,
// and errReported if no picture is left.
func (t *tool) listed(files []string, err error) (list []string, bad bool, _ error) {
	if err == nil {
		return files, false, nil
	}
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, err := range all {
		fmt.Fprintf(t.stderr, "vkeras: %s\n", shown(oneLine(err)))
	}
	if len(files) == 0 {
		return nil, true, errReported
	}
	return files, true, nil
}

// hint drops the path from an error of reading a picture and adds what to do about
// it.
func hint(err error) error {
	switch {
	case errors.Is(err, pictures.ErrTooLarge):
		return fmt.Errorf("%w (--max-pixels raises it)", err)
	case errors.Is(err, classify.ErrNoShards):
		return errors.New("a shard of pictures, which --no-shards refuses")
	}
	return withoutPath(err)
}

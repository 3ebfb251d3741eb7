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

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// classifier is a `vkeras classify` on its way.
type classifier struct {
	pictureInput
	model      modelFlags
	device     deviceFlags
	out        format
	top        int
	dumpFile   string
	resumeFile string
	statsFile  string
	dump       *dump    // nil without dumpFile
	results    *results // nil without resumeFile
}

func (t *tool) classify() *cobra.Command {
	k := &classifier{pictureInput: pictureInput{tool: t}}
	c := &cobra.Command{
		Use:   "classify PICTURE...",
		Short: "Classify pictures",
		Long: `Classify names what pictures show. A PICTURE is a file (JPEG, PNG, GIF, BMP,
TIFF, WebP), a folder, which stands for all pictures in and below it, a pattern
in quotes, or - for standard input. A file that ends in .npy holds pictures that
are decoded already, as 'vkeras decode' writes them; FILE.npy#3 is the fourth of
them. A folder without pictures stands for those.

A picture is resized as Keras's load_img does and its values scaled by --preset.
Keras files say nothing of either; what is used is written to standard error,
with every constant in --json, and the outcome with --dump-input.

The first interrupt finishes the pictures in flight and ends the results as they
should end; --resume goes on from there. A second interrupt ends at once.

Nets of keras.applications with 1000 classes get their names from Keras's own
imagenet_class_index.json where Keras has fetched it (~/.keras/models).`,
		Example: `  vkeras classify hand.png
  vkeras classify --model my_resnet.keras --labels names.txt --preset caffe photos/
  vkeras classify --csv photos/ > answers.csv
  vkeras classify --csv --resume answers.csv photos/
  vkeras classify --dump-input x.npy hand.png`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return k.run(c.Context(), args) },
	}
	k.model.register(c)
	k.device.register(c, 16)
	k.out.register(c, true)
	c.Flags().IntVarP(&k.top, "top", "k", 1, "classes to name for each picture")
	k.pictureInput.register(c)
	c.Flags().StringVar(&k.dumpFile, "dump-input", "", "write the tensors that the net gets, in the order of the answers, to `FILE`.npy")
	c.Flags().StringVar(&k.resumeFile, "resume", "", "with --csv: add to `FILE` what it lacks of the pictures' answers, rather than write all to standard output")
	k.registerStats(c)
	_ = c.MarkFlagFilename("dump-input", "npy")
	_ = c.MarkFlagFilename("resume", "csv")
	return c
}

func (k *classifier) run(ctx context.Context, args []string) error {
	if k.top < 1 {
		return usagef("--top %d: expected 1 or more", k.top)
	}
	if k.resumeFile != "" && !k.out.csv {
		return usagef("--resume is for --csv")
	}
	files, err := listPicturesOrShards(args)
	if err != nil {
		return err
	}
	m, name, err := k.model.openFor(&k.device)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := k.prepare(m.Graph, name); err != nil {
		return err
	}
	if k.resumeFile != "" {
		if err := k.resume(); err != nil {
			return err
		}
		defer k.results.Close()
	}
	left, all := k.count(files)
	if k.results != nil {
		k.say("%s: %d of %d pictures are answered", k.resumeFile, all-left, all)
	}
	if left == 0 {
		k.say("%s has answers for all pictures", k.resumeFile)
		return nil
	}
	return k.answer(ctx, m.Graph, name, files, left)
}

// registerStats adds --stats.
func (k *classifier) registerStats(c *cobra.Command) {
	c.Flags().StringVar(&k.statsFile, "stats", "", "write how long each stage took to `FILE`, as JSON")
	_ = c.MarkFlagFilename("stats", "json")
}

// resume opens the results of an earlier run.
func (k *classifier) resume() error {
	var err error
	k.results, err = openResults(k.resumeFile, k.heading(), min(k.top, len(k.labels)))
	if err != nil {
		return fmt.Errorf("--resume: %w", err)
	}
	k.stdout = k.results
	return nil
}

// answered reports whether the results of an earlier run have the picture.
func (k *classifier) answered(pic *picture) bool {
	return k.results != nil && !pic.stdin && k.results.done[pic.name()]
}

// count returns how many pictures the files have, and how many of them have no
// answers yet.
func (k *classifier) count(files []string) (left, all int) {
	for _, file := range files {
		pic := alone(file)
		n := countPictures(file, &k.pictureInput)
		for i := range n {
			if isShard(file) {
				pic.index = i
			}
			if !k.answered(&pic) {
				left++
			}
		}
		all += n
	}
	return left, all
}

// answer classifies the files' pictures, of which some are left.
func (k *classifier) answer(ctx context.Context, g *nn.Graph, name string, files []string, left int) error {
	e, err := k.device.open(k.tool, g, left)
	if err != nil {
		return err
	}
	defer e.Close()
	k.say("model: %s", name)
	k.say("device: %s, precision %s", e.Device(), e.Precision())
	k.tell()
	if k.dumpFile != "" {
		if k.dump, err = newDump(k.dumpFile, npy.Float32, g.Inputs[0].Shape); err != nil {
			return fmt.Errorf("--dump-input: %w", err)
		}
		defer k.dump.discard()
	}
	answers, bad := k.answers(name, e), 0
	if k.results != nil && k.results.headed {
		answers.(*csvAnswers).begun = true // the heading is there
	}
	s, err := k.all(ctx, e, files, left, func(a []answer, f []fault) error {
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
	if err := k.account("classify", name, e, s); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err // after what was in flight
	}
	if bad > 0 {
		return errReported
	}
	return nil
}

// all classifies the files' pictures, of which some are left, handing answers and
// faults of each batch to write in order. When stop is cancelled it begins no
// more, and finishes those that it has begun.
func (k *classifier) all(stop context.Context, e engine.Net, files []string, left int, write func([]answer, []fault) error) (*stages, error) {
	k.device.batch = min(k.device.batch, left)
	bar := k.progress(left)
	from := func(ctx context.Context, p *pool) error {
		for _, name := range files {
			file := alone(name)
			file.stdin = name == stdinName
			if err := p.add(ctx, file, &k.pictureInput, k.answered); err != nil {
				return err
			}
		}
		return nil
	}
	s, err := k.classifyAll(stop, e, from, func(b *batch) error {
		answers, faults := k.speak(b, bar)
		if b.good > 0 {
			if err := k.dump.add(b.input()); err != nil {
				return fmt.Errorf("--dump-input: %w", err)
			}
		}
		_ = bar.Add(len(b.pictures))
		return write(answers, faults)
	})
	_ = bar.Clear()
	return s, err
}

// speak returns a batch's answers and faults, and tells the user of these and of
// what is to be known of the others.
func (k *classifier) speak(b *batch, bar *progressbar.ProgressBar) (answers []answer, faults []fault) {
	for _, pic := range b.pictures {
		if pic.err == nil {
			answers = append(answers, answer{File: pic.name(), Width: pic.info.Width, Height: pic.info.Height, Classes: pic.classes})
			for _, w := range pic.info.Warnings {
				k.say("vkeras: %s: %s", shown(pic.name()), w)
			}
			continue
		}
		f := fault{pic.name(), oneLine(hint(pic.err))}
		faults = append(faults, f)
		_ = bar.Clear() // which the next picture draws again
		fmt.Fprintf(k.stderr, "vkeras: %s: %s\n", shown(f.File), shown(f.Error))
	}
	return answers, faults
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

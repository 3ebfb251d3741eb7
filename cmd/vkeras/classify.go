package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/nn"
)

// classifier is a `vkeras classify` on its way.
type classifier struct {
	pictureRun
	out        format
	dumpFile   string
	resumeFile string
	dump       *npy.Appender     // nil without dumpFile
	results    *classify.CSVFile // nil without resumeFile
}

func (t *tool) classify() *cobra.Command {
	k := &classifier{pictureRun: pictureRun{pictureInput: pictureInput{tool: t}}}
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
	k.registerOutput(c)
	k.model.assume = true
	c.Flags().StringVar(&k.dumpFile, "dump-input", "", "write the tensors that the net gets, in the order of the answers, to `FILE`.npy")
	c.Flags().StringVar(&k.resumeFile, "resume", "", "with --csv: add to `FILE` what it lacks of the pictures' answers, rather than write all to standard output")
	k.stats.register(c)
	_ = c.MarkFlagFilename("dump-input", "npy")
	_ = c.MarkFlagFilename("resume", "csv")
	return c
}

func (k *classifier) run(ctx context.Context, args []string) error {
	if err := k.check(); err != nil {
		return err
	}
	if k.resumeFile != "" && !k.out.csv {
		return usagef("--resume is for --csv")
	}
	if k.resumeFile == "-" { // which has no answers yet
		k.resumeFile = ""
	}
	if k.dumpFile == "-" && k.resumeFile == "" {
		return usagef("--dump-input -: standard output has the answers; name a file for one of them, --resume FILE for the answers")
	}
	files, bad, err := k.listed(classify.ListPicturesOrShards(args))
	if err != nil {
		return err
	}
	m, name, err := k.model.openFor(&k.device)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := k.prepare(m, name); err != nil {
		return err
	}
	o := k.runOptions()
	if k.resumeFile != "" {
		if err := k.resume(ctx); err != nil {
			return err
		}
		defer k.results.Close()
		o.Skip = k.results.Has
	}
	left, all := classify.Count(files, o)
	if k.results != nil {
		k.say("%s: %d of %d pictures are answered", k.resumeFile, all-left, all)
	}
	if left == 0 {
		k.say("%s has answers for all pictures", k.resumeFile)
	} else if err := k.answer(ctx, k.Graph, name, files, o, left); err != nil {
		return err
	}
	if bad {
		return errReported
	}
	return nil
}

// resume opens the results of an earlier run.
func (k *classifier) resume(ctx context.Context) error {
	var err error
	k.results, err = classify.OpenCSV(ctx, k.resumeFile, k.Score, min(k.top, len(k.Labels)))
	switch {
	case err != nil && errors.As(err, new(*fs.PathError)): // it is no file that could be removed
		return fmt.Errorf("--resume: %w", err)
	case err != nil:
		return fmt.Errorf("--resume: %w; name another file, or remove this one to begin anew", err)
	}
	return nil
}

// answer classifies the files' pictures, of which some are left.
func (k *classifier) answer(ctx context.Context, g *nn.Graph, name string, files []string, o classify.Options, left int) error {
	net, err := k.device.open(k.tool, g, left)
	if err != nil {
		return err
	}
	defer net.Close()
	k.say("model: %s", name)
	k.say("device: %s, precision %s", net.Device(), net.Precision())
	k.tell()
	if err := k.beginDump(ctx, g.Inputs[0].Shape); err != nil {
		return err
	}
	defer k.dump.Discard()
	writer, bar, bad := k.writer(name, net), k.progress(left), 0
	o.Batch = min(o.Batch, left)
	s, err := classify.Run(ctx, net, classify.Files(files...), o, func(b *classify.Batch) error {
		bad += k.speak(b.Answers, bar)
		if err := k.dump.AddFloats(b.Input()); err != nil {
			return fmt.Errorf("--dump-input: %w", err)
		}
		_ = bar.Add(len(b.Answers))
		return writer.Write(b.Answers)
	})
	_ = bar.Clear()
	if err := unlessStopped(ctx, err); err != nil {
		return err
	}
	if err := k.dump.Finish(); err != nil {
		return fmt.Errorf("--dump-input: %w", err)
	}
	if err := writer.Close(); err != nil {
		return err
	}
	if err := k.stats.account(ctx, k.tool, "classify", name, s); err != nil {
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

// writer returns what the answers go to.
func (k *classifier) writer(model string, net engine.Net) answerWriter {
	if k.results != nil {
		return k.results.Writer()
	}
	return newAnswerWriter(k.stdout, k.out, classify.Document{
		Model: model, Device: net.Device().String(), Precision: net.Precision(),
		Resize: string(k.Pictures.Filter), Preset: string(k.Pictures.Preset), Preprocessing: k.Preprocessing(), Score: k.Score,
	})
}

// beginDump begins the file of --dump-input.
func (k *classifier) beginDump(ctx context.Context, shape nn.Shape) (err error) {
	file := k.dumpFile
	switch file {
	case "":
		return nil
	case "-":
		file = "/dev/stdout"
	}
	if k.dump, err = npy.Create(ctx, file, npy.Float32, shape); err != nil {
		return fmt.Errorf("--dump-input: %w", err)
	}
	return nil
}

// speak tells the user which pictures failed, and what is to be known of the others.
func (k *classifier) speak(answers []*classify.Answer, bar *progressbar.ProgressBar) (failed int) {
	for _, a := range answers {
		if a.Err == nil {
			for _, w := range a.Info.Warnings {
				k.say("vkeras: %s: %s", shown(a.Name()), w)
			}
			continue
		}
		failed++
		a.Err = hint(a.Err)
		_ = bar.Clear() // which the next picture draws again
		fmt.Fprintf(k.stderr, "vkeras: %s: %s\n", shown(a.Name()), shown(a.Message()))
	}
	return failed
}

// progress returns a bar on standard error, which draws on a terminal only.
func (k *classifier) progress(n int) *progressbar.ProgressBar {
	if k.quiet || n < 2 || terminal(k.stderr) == nil {
		return progressbar.DefaultSilent(int64(n))
	}
	return progressbar.NewOptions(n, progressbar.OptionSetWriter(k.stderr), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
		progressbar.OptionSetItsString("pictures"), progressbar.OptionSetDescription("classify"), progressbar.OptionClearOnFinish())
}

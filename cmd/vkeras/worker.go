package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
)

// worker is a `vkeras worker` on its way.
type worker struct {
	pictureRun
	shard    string
	output   string
	allowCPU bool
	noShards bool
}

func (t *tool) worker() *cobra.Command {
	w := &worker{pictureRun: pictureRun{pictureInput: pictureInput{tool: t}}}
	c := &cobra.Command{
		Use:   "worker",
		Short: "Classify pictures that another program names, line by line",
		Long: `Worker reads lines from standard input, each a picture's path, as it is or as a
JSON string, or a JSON object {"path": ..., "id": ...}, and writes a line of JSON
for each, in order: the best classes, or an error. The model is opened once. It
ends when its input does.

A path that ends in .npy names a shard of pictures that are decoded already, as
'vkeras decode' writes them: each gets a line, with its index. Shards are read
picture by picture.

Pictures are decoded on all cores beside the device, and computed in batches. A
batch that is not full goes when no line has come for 5 ms, so that a program may
wait for each answer.

A picture that cannot be read is an answer with an error. A device that fails ends
the worker with status 1: whoever started it starts it again, and --results
passes over what is done. It refuses drivers that run on the CPU, for a job that
got one by mistake would crawl.`,
		Example: `  find photos -name '*.jpg' | vkeras worker > answers.jsonl
  vkeras worker --results part-3.jsonl --shard 3/16 --device pci:65:00.0 < list.txt`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return w.work(c.Context()) },
	}
	w.model.register(c)
	w.pictureInput.register(c)
	w.registerOutput(c)
	w.model.assume = true
	c.Flags().StringVarP(&w.device.name, "device", "d", "", "`INDEX`, part of a name, uuid:..., pci:..., name:..., or "+engine.CPU+" for native code on the processor (default: the best GPU)")
	c.Flags().BoolVar(&w.allowCPU, "allow-cpu", false, "compute on the CPU where there is no GPU, or take a driver that runs on it")
	c.Flags().IntVarP(&w.device.batch, "batch", "b", 16, "images computed at once")
	c.Flags().IntVarP(&w.top, "top", "k", 1, "classes to name for each picture")
	c.Flags().StringVar(&w.shard, "shard", "0/1", "`I/N`: take line I, I + N, I + 2 N, ... of the input, from 0")
	c.Flags().StringVar(&w.output, "results", "", "`FILE` to add the results to, instead of standard output; what it holds already is passed over")
	c.Flags().BoolVar(&w.noShards, "no-shards", false, "answer a path that ends in .npy with an error, so that each line has one answer")
	w.stats.register(c)
	_ = c.RegisterFlagCompletionFunc("device", completeDevices)
	return c
}

func (w *worker) work(ctx context.Context) error {
	if err := w.check(); err != nil {
		return err
	}
	part, err := parsePart(w.shard)
	if err != nil {
		return err
	}
	if w.device.name == engine.Reference {
		return usagef("--device %s: it is for checks", engine.Reference)
	}
	w.device.requireGPU = !w.allowCPU && w.device.name != engine.CPU
	out, skip, done, err := w.openResults(ctx)
	if err != nil {
		return err
	}
	defer done()
	m, name, err := w.model.openFor(&w.device)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := w.prepare(m, name); err != nil {
		return err
	}
	net, err := w.device.open(w.tool, w.Graph, math.MaxInt)
	if errors.Is(err, gpu.ErrNotGPU) {
		return fmt.Errorf("%w; --allow-cpu takes it", err)
	} else if err != nil {
		return err
	}
	defer net.Close()
	w.say("model: %s", name)
	w.say("device: %s", net.Device())
	w.tell()
	o := w.runOptions()
	o.Skip, o.NoShards = skip, w.noShards
	s, err := classify.Run(ctx, net, w.lines(part), o, func(b *classify.Batch) error {
		for _, a := range b.Answers {
			if a.Err != nil {
				a.Err = hint(a.Err)
			}
		}
		return classify.WriteLines(out, b.Answers)
	})
	if err := unlessStopped(ctx, err); err != nil {
		return err
	}
	if err := w.stats.account(ctx, w.tool, "worker", name, s); err != nil {
		return err
	}
	return ctx.Err() // after what was in flight
}

// openResults opens what the results go to; skip passes over those that it has.
func (w *worker) openResults(ctx context.Context) (out io.Writer, skip func(*classify.Answer) bool, done func() error, err error) {
	if w.output == "" || w.output == "-" {
		return w.stdout, nil, func() error { return nil }, nil
	}
	results, err := classify.OpenLines(ctx, w.output)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("--results: %w", err)
	}
	return results, results.Has, results.Close, nil
}

// lines is the source of the pictures that standard input names.
func (w *worker) lines(part classify.Part) classify.Source {
	from := classify.Lines(w.stdin, part)
	return func(ctx context.Context, in *classify.Intake) error {
		err := from(ctx, in)
		if errors.Is(err, classify.ErrLine) {
			err = fmt.Errorf("standard input: %w", err)
		}
		return err
	}
}

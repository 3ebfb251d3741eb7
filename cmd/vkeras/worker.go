package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
)

// worker is a `vkeras worker` on its way.
type worker struct {
	classifier
	shard    string
	output   string
	allowCPU bool
	noShards bool

	at, of int             // of shard
	held   map[string]bool // keys of the results that are there
}

func (t *tool) worker() *cobra.Command {
	w := &worker{classifier: classifier{pictureInput: pictureInput{tool: t}}}
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
	c.Flags().StringVarP(&w.device.name, "device", "d", "", "`INDEX`, part of a name, uuid:..., pci:..., or name:... (default: the best GPU)")
	c.Flags().BoolVar(&w.allowCPU, "allow-cpu", false, "take a driver that runs on the CPU")
	c.Flags().IntVarP(&w.device.batch, "batch", "b", 16, "images computed at once")
	c.Flags().IntVarP(&w.top, "top", "k", 1, "classes to name for each picture")
	c.Flags().StringVar(&w.shard, "shard", "0/1", "`I/N`: take line I, I + N, I + 2 N, ... of the input, from 0")
	c.Flags().StringVar(&w.output, "results", "", "`FILE` to add the results to, instead of standard output; what it holds already is passed over")
	c.Flags().BoolVar(&w.noShards, "no-shards", false, "answer a path that ends in .npy with an error, so that each line has one answer")
	w.registerStats(c)
	_ = c.RegisterFlagCompletionFunc("device", completeDevices)
	return c
}

func (w *worker) work(ctx context.Context) error {
	if w.top < 1 {
		return usagef("--top %d: expected 1 or more", w.top)
	}
	var err error
	if w.at, w.of, err = parseShard(w.shard); err != nil {
		return err
	}
	if w.device.name == engine.Reference {
		return usagef("--device %s: it is for checks", engine.Reference)
	}
	w.device.requireGPU = !w.allowCPU
	out, err := w.openResults()
	if err != nil {
		return err
	}
	defer out.Close()
	m, name, err := w.model.openFor(&w.device)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := w.prepare(m.Graph, name); err != nil {
		return err
	}
	e, err := w.device.open(w.tool, m.Graph, math.MaxInt)
	if errors.Is(err, gpu.ErrNotGPU) {
		return fmt.Errorf("%w; --allow-cpu takes it", err)
	} else if err != nil {
		return err
	}
	defer e.Close()
	w.say("model: %s", name)
	w.say("device: %s", e.Device())
	w.tell()
	s, err := w.classifyAll(ctx, e, w.take, func(b *batch) error { return writeResults(out, b) })
	if err != nil {
		return err
	}
	if err := w.account("worker", name, e, s); err != nil {
		return err
	}
	return ctx.Err() // after what was in flight
}

// parseShard reads I/N.
func parseShard(text string) (at, of int, err error) {
	var rest string
	if n, _ := fmt.Sscanf(text+" ", "%d/%d%s", &at, &of, &rest); n != 2 || at < 0 || at >= of {
		return 0, 0, usagef("--shard %q: expected I/N with I from 0 to N - 1, such as 0/4", text)
	}
	return at, of, nil
}

// take puts the pictures in that lines of the input name.
func (w *worker) take(ctx context.Context, p *pool) error {
	p.noShards = w.noShards
	lines := make(chan []byte, w.device.batch)
	ended := make(chan error, 1)
	go func() { ended <- readLines(ctx, w.stdin, lines) }() // which may wait for ever for a line
	for n := 0; ; n++ {
		line, more, err := p.nextLine(ctx, lines)
		if err != nil {
			return err
		}
		if !more {
			return <-ended
		}
		if n%w.of != w.at {
			continue
		}
		if err := p.add(ctx, parseItem(line), &w.pictureInput, func(pic *picture) bool { return w.held[pic.key()] }); err != nil {
			return err
		}
	}
}

// linger is how long a batch that is not full waits for another line.
const linger = 5 * time.Millisecond

// nextLine waits for a line, and lets go of a batch that is not full if there is
// none.
func (p *pool) nextLine(ctx context.Context, lines <-chan []byte) (line []byte, more bool, err error) {
	select {
	case line, more = <-lines:
		return line, more, nil
	case <-time.After(linger):
	}
	if err := p.idle(ctx); err != nil {
		return nil, false, err
	}
	select {
	case line, more = <-lines:
		return line, more, nil
	case <-p.stop.Done():
		return nil, false, errStopped
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// maxLineBytes bounds a line of the input.
const maxLineBytes = 1 << 20

// readLines sends the input's lines, without those that are empty.
func readLines(ctx context.Context, r io.Reader, lines chan<- []byte) error {
	defer close(lines)
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLineBytes)
	for s.Scan() {
		if line := bytes.TrimSpace(s.Bytes()); len(line) > 0 {
			if err := send(ctx, lines, bytes.Clone(line)); err != nil {
				return err
			}
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("standard input: a line of more than %d bytes", maxLineBytes)
	}
	return s.Err()
}

// parseItem reads a line; what is wrong with it becomes the picture's error.
func parseItem(line []byte) picture {
	item := alone(string(line))
	var err error
	switch line[0] {
	case '"':
		err = json.Unmarshal(line, &item.path)
	case '{':
		var in struct {
			ID   json.RawMessage `json:"id"`
			Path string          `json:"path"`
		}
		if err = json.Unmarshal(line, &in); err == nil && in.Path == "" {
			err = errors.New("it has no path")
		}
		if err == nil {
			item.id, item.path = in.ID, in.Path
		}
	}
	if err != nil {
		item.err = fmt.Errorf("not an item: %w", err)
	}
	return item
}

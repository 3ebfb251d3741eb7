package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// worker is a `vkeras worker` on its way.
type worker struct {
	classifier
	shard    string
	results  string
	allowCPU bool
}

// workResult is a line that a worker writes: an answer, or an error.
type workResult struct {
	ID      json.RawMessage `json:"id,omitempty"` // as it came
	Path    string          `json:"path"`
	Width   int             `json:"width,omitempty"`
	Height  int             `json:"height,omitempty"`
	Classes []class         `json:"classes,omitempty"`
	Error   string          `json:"error,omitempty"`
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

A line is answered as soon as no other waits, so that a program may wait for each.
A picture that cannot be read is an answer with an error. A device that fails ends
the worker with status 1: whoever started it starts it again, and --results
passes over what is done. It refuses drivers that run on the CPU, for a job that
got one by mistake would crawl.`,
		Example: `  find photos -name '*.jpg' | vkeras worker > answers.jsonl
  vkeras worker --results part-3.jsonl --shard 3/16 --device uuid:... < list.txt`,
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
	c.Flags().StringVar(&w.results, "results", "", "`FILE` to add the results to, instead of standard output; what it holds already is passed over")
	_ = c.RegisterFlagCompletionFunc("device", completeDevices)
	return c
}

func (w *worker) work(ctx context.Context) error {
	if w.top < 1 {
		return usagef("--top %d: expected 1 or more", w.top)
	}
	at, of, err := parseShard(w.shard)
	if err != nil {
		return err
	}
	if w.device.name == referenceDevice {
		return usagef("--device %s: it is for checks", referenceDevice)
	}
	w.device.requireGPU, w.device.inFlight = !w.allowCPU, 1
	out, held, err := w.openResults()
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
	e, err := w.device.open(w.tool, m.Graph, 0)
	if err != nil {
		return err
	}
	defer e.Close()
	w.say("model: %s", name)
	w.say("device: %s", e)
	w.tell()
	lines := make(chan []byte, w.device.batch)
	group, ctx := errgroup.WithContext(ctx)
	ended := make(chan error, 1)
	go func() { ended <- readLines(ctx, w.stdin, lines) }() // which may wait for ever for a line
	batches := make(chan *workBatch)
	group.Go(func() error { return w.gather(ctx, lines, ended, batches, chosen(at, of, held)) })
	group.Go(func() error { return w.answerAll(ctx, e, batches, out) })
	return group.Wait()
}

// parseShard reads I/N.
func parseShard(text string) (at, of int, err error) {
	var rest string
	if n, _ := fmt.Sscanf(text+" ", "%d/%d%s", &at, &of, &rest); n != 2 || at < 0 || at >= of {
		return 0, 0, usagef("--shard %q: expected I/N with I from 0 to N - 1, such as 0/4", text)
	}
	return at, of, nil
}

// chosen returns whether the next item is to be done.
func chosen(at, of int, held map[string]bool) func(item workResult) bool {
	line := -1
	return func(item workResult) bool {
		line++
		return line%of == at && !held[item.key()]
	}
}

// key is what tells an item from others.
func (r workResult) key() string {
	if len(r.ID) > 0 {
		return "id " + string(r.ID)
	}
	return "path " + r.Path
}

// openResults opens what the results go to, and returns the keys of those that it
// has. A last line without its end, of a worker that was killed, is cut off.
func (w *worker) openResults() (io.WriteCloser, map[string]bool, error) {
	held := map[string]bool{}
	if w.results == "" {
		return keepOpen{w.stdout}, held, nil
	}
	f, err := os.OpenFile(w.results, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, nil, fmt.Errorf("--results: %w", err)
	}
	whole := int64(0)
	r := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		var done workResult
		if err == nil {
			err = json.Unmarshal(line, &done)
		}
		if err != nil {
			f.Close()
			return nil, nil, fmt.Errorf("--results %s: line %d: %w", w.results, n, err)
		}
		held[done.key()] = true
		whole += int64(len(line))
	}
	if _, err = f.Seek(whole, io.SeekStart); err == nil {
		err = f.Truncate(whole)
	}
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("--results: %w", err)
	}
	return f, held, nil
}

// keepOpen is a writer that is not ours to close.
type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }

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

// workBatch is some items, their pictures decoded.
type workBatch struct {
	items []workResult // those that failed have their errors
	x     *nn.Tensor
}

// gather makes batches of the lines that wait, and decodes them while the batch
// before is computed.
func (w *worker) gather(ctx context.Context, lines <-chan []byte, ended <-chan error, batches chan<- *workBatch, do func(workResult) bool) error {
	defer close(batches)
	for {
		line, more, err := receive(ctx, lines)
		if err != nil {
			return err
		}
		if !more {
			return <-ended
		}
		b := &workBatch{}
		for waits := true; waits; {
			if item := parseItem(line); do(item) {
				b.items = append(b.items, item)
			}
			waits = false
			if len(b.items) < w.device.batch {
				select {
				case line, waits = <-lines:
				default:
				}
			}
		}
		if len(b.items) == 0 {
			continue
		}
		w.decodeItems(b)
		if err := send(ctx, batches, b); err != nil {
			return err
		}
	}
}

// parseItem reads a line; what is wrong with it becomes the item's error.
func parseItem(line []byte) workResult {
	item := workResult{Path: string(line)}
	var err error
	switch line[0] {
	case '"':
		err = json.Unmarshal(line, &item.Path)
	case '{':
		var in struct {
			ID   json.RawMessage `json:"id"`
			Path string          `json:"path"`
		}
		if err = json.Unmarshal(line, &in); err == nil && in.Path == "" {
			err = errors.New("it has no path")
		}
		if err == nil {
			item.ID, item.Path = in.ID, in.Path
		}
	}
	if err != nil {
		item.Error = "not an item: " + oneLine(err)
	}
	return item
}

// decodeItems decodes a batch's pictures on all cores.
func (w *worker) decodeItems(b *workBatch) {
	b.x = nn.NewTensor(len(b.items), w.height, w.width, 3)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range b.items {
		item := &b.items[i]
		if item.Error != "" {
			continue
		}
		group.Go(func() error {
			info, err := w.decodeFile(b.x.Image(i), item.Path)
			if err != nil {
				item.Error = oneLine(hint(err))
			}
			item.Width, item.Height = info.Width, info.Height
			return nil
		})
	}
	_ = group.Wait() // what fails is in the items
}

// decodeFile is decode for a file alone: standard input has the items.
func (w *worker) decodeFile(dst []float32, path string) (pictures.Info, error) {
	if path == stdinName {
		path = "./" + path
	}
	return w.decode(dst, path)
}

// answerAll computes batches and writes their results.
func (w *worker) answerAll(ctx context.Context, e engine, batches <-chan *workBatch, out io.Writer) error {
	for {
		b, more, err := receive(ctx, batches)
		if !more {
			return err
		}
		if err := w.compute(ctx, e, b); err != nil {
			return err
		}
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		for _, item := range b.items {
			if err := encoder.Encode(item); err != nil {
				return fmt.Errorf("%s: %w", item.Path, err)
			}
		}
		if _, err := out.Write(text.Bytes()); err != nil {
			return err
		}
	}
}

// compute answers for the items whose pictures were decoded.
func (w *worker) compute(ctx context.Context, e engine, b *workBatch) error {
	x := &nn.Tensor{Data: b.x.Data[:0]}
	var good []*workResult
	for i := range b.items {
		if item := &b.items[i]; item.Error == "" {
			good = append(good, item)
			x.Data = append(x.Data, b.x.Image(i)...) // moves down, in place
		}
	}
	if len(good) == 0 {
		return nil
	}
	x.Shape = nn.Shape{len(good), w.height, w.width, 3}
	y, err := e.Run(ctx, x)
	if err != nil {
		return err
	}
	for i, item := range good {
		item.Classes = w.best(y.Image(i))
	}
	return nil
}

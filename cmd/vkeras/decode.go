package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// decoding is a `vkeras decode` on its way.
type decoding struct {
	pictureInput
	folder, size, part string
	perFile            int

	at, of int             // of part
	index  *os.File        // a line a picture, those of whole shards
	held   map[string]bool // paths in index
	shards int             // whole
	open   *dump           // the shard that is being filled; nil: none
	lines  bytes.Buffer    // what index gets when that is whole
	count  int             // pictures in shards that are whole
	bad    int
}

// decoded is a line of the index.
type decoded struct {
	Path   string `json:"path"`
	Shard  string `json:"shard,omitempty"` // beside the index
	Index  *int   `json:"index,omitempty"` // in the shard
	Width  int    `json:"width,omitempty"` // of the file's picture
	Height int    `json:"height,omitempty"`
	Error  string `json:"error,omitempty"`
}

func (t *tool) decode() *cobra.Command {
	d := &decoding{pictureInput: pictureInput{tool: t}}
	c := &cobra.Command{
		Use:   "decode PICTURE... --size HxW --out FOLDER",
		Short: "Decode pictures once, for several models",
		Long: `Decode reads pictures as 'vkeras classify' does, resizes them, and writes their
pixels into shards: .npy files of uint8, (N, H, W, 3), which 'vkeras classify' and
'vkeras worker' take in place of pictures, and NumPy reads too. A net whose input
has that size answers for them to the bit as for the pictures themselves, with the
same --resize.

FOLDER/index.jsonl says which picture is where: a line of JSON each, with its path,
shard and index, or an error. What it has already is passed over, so a run that was
interrupted goes on when it is started again.`,
		Example: `  vkeras decode --size 224x224 --resize bilinear --out shards photos/
  vkeras classify --csv --model a.keras shards > a.csv
  vkeras classify --csv --model b.keras shards > b.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return d.run(c.Context(), args) },
	}
	c.Flags().StringVar(&d.size, "size", "", "`HxW` to resize to, such as 224x224")
	c.Flags().StringVarP(&d.folder, "out", "o", "", "`FOLDER` for the shards; made if it is not there")
	c.Flags().IntVar(&d.perFile, "per-file", 4096, "pictures a shard")
	c.Flags().StringVar(&d.part, "shard", "0/1", "`I/N`: take picture I, I + N, I + 2 N, ... from 0; the files' names then begin with I")
	d.registerReading(c)
	_ = c.MarkFlagDirname("out")
	return c
}

func (d *decoding) run(ctx context.Context, args []string) error {
	if err := d.check(); err != nil {
		return err
	}
	files, err := listPictures(args)
	if err != nil {
		return err
	}
	if err := d.begin(); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	defer d.index.Close()
	defer func() { d.open.discard() }()
	s := &stages{cores: runtime.GOMAXPROCS(0), begin: time.Now()}
	p := &pool{stop: ctx, read: d.read, stages: s, from: func(ctx context.Context, p *pool) error { return d.put(ctx, p, files) }}
	group, working := errgroup.WithContext(context.WithoutCancel(ctx))
	p.start(working, group, 4*s.cores)
	group.Go(func() error { return d.takeAll(working, p) })
	if err := group.Wait(); err != nil {
		return err
	}
	wall := time.Since(s.begin).Seconds()
	d.say("pictures: %d, and %d that could not be read; shards: %d; in %.1f s: %.1f a second; decoding took %.1f ms a picture on one of %d cores", d.count, d.bad, d.shards, wall,
		float64(d.count+d.bad)/wall, float64(s.decode.Load())/1e6/float64(max(1, d.count+d.bad)), s.cores)
	if err := ctx.Err(); err != nil {
		return err // after what was in flight
	}
	if d.bad > 0 {
		return errReported
	}
	return nil
}

// check reads the flags.
func (d *decoding) check() error {
	size, err := parseSize("--size", d.size)
	if err != nil {
		return err
	}
	d.height, d.width = size[0], size[1]
	if d.folder == "" {
		return usagef("decode needs --out")
	}
	if d.perFile < 1 {
		return usagef("--per-file %d: expected 1 or more", d.perFile)
	}
	if d.at, d.of, err = parseShard(d.part); err != nil {
		return err
	}
	if err := d.reading(); err != nil {
		return err
	}
	if int64(d.height) > d.maxPixels/int64(d.width) {
		return usagef("--size %s: more than --max-pixels %d", d.size, d.maxPixels)
	}
	if f := d.options.Filter; f == pictures.TFBilinear || f == pictures.TFBilinearAntialias {
		return usagef("--resize %s gives fractions, which do not fit into bytes", f)
	}
	return nil
}

// begin makes the folder, and reads the index of an earlier run.
func (d *decoding) begin() error {
	if err := os.MkdirAll(d.folder, 0o755); err != nil {
		return err
	}
	d.held = map[string]bool{}
	shards := map[string]bool{}
	var err error
	d.index, err = openLines(filepath.Join(d.folder, d.fileName("index.jsonl")), func(line []byte) error {
		var l decoded
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		d.held[l.Path] = true
		if l.Shard != "" {
			shards[l.Shard] = true
		}
		return nil
	})
	d.shards = len(shards)
	return err
}

// fileName is that of a file in the folder.
func (d *decoding) fileName(file string) string {
	if d.of > 1 {
		return fmt.Sprintf("%d-%s", d.at, file)
	}
	return file
}

// put puts the files in that are this part's and not in the index.
func (d *decoding) put(ctx context.Context, p *pool, files []string) error {
	for i, file := range files {
		if i%d.of != d.at || d.held[string([]rune(file))] {
			continue
		}
		pic := alone(file)
		pic.stdin = file == stdinName
		if err := p.put(ctx, &pic); err != nil {
			return err
		}
	}
	return nil
}

// read reads a picture's bytes.
func (d *decoding) read(_ context.Context, pic *picture) {
	x := make([]float32, d.height*d.width*3)
	if pic.info, pic.err = d.pictureInput.decode(x, pic.path); pic.err != nil {
		return
	}
	pic.rgb = make([]byte, len(x))
	for i, v := range x {
		pic.rgb[i] = byte(v) // a whole number of 0 to 255
	}
}

// takeAll writes the pictures into shards, in order.
func (d *decoding) takeAll(ctx context.Context, p *pool) error {
	for {
		pic, more, err := receive(ctx, p.queue)
		if err != nil {
			return err
		}
		if !more {
			return d.finish()
		}
		if _, _, err := receive(ctx, pic.ready); err != nil {
			return err
		}
		p.leave()
		if err := d.take(pic); err != nil {
			return err
		}
	}
}

// take writes a picture into the shard that is open.
func (d *decoding) take(pic *picture) error {
	line := decoded{Path: pic.path, Width: pic.info.Width, Height: pic.info.Height}
	if pic.err != nil {
		line.Error = oneLine(hint(pic.err))
		d.bad++
		fmt.Fprintf(d.stderr, "vkeras: %s: %s\n", shown(pic.name()), shown(line.Error))
		return json.NewEncoder(&d.lines).Encode(line)
	}
	line.Shard = d.fileName(fmt.Sprintf("%05d%s", d.shards, shardExtension))
	if d.open == nil {
		var err error
		if d.open, err = newDump(filepath.Join(d.folder, line.Shard), npy.Uint8, nn.Shape{d.height, d.width, 3}); err != nil {
			return err
		}
	}
	line.Index = new(int)
	*line.Index = d.open.count
	if err := d.open.addBytes(pic.rgb); err != nil {
		return err
	}
	if err := json.NewEncoder(&d.lines).Encode(line); err != nil {
		return err
	}
	if d.open.count < d.perFile {
		return nil
	}
	return d.finish()
}

// finish gives the open shard its name, and then the index its lines: who is
// killed between them writes that shard again.
func (d *decoding) finish() error {
	if d.open != nil {
		d.count += d.open.count
		if err := d.open.finish(); err != nil {
			return err
		}
		d.open = nil
		d.shards++
	}
	_, err := d.index.Write(d.lines.Bytes())
	d.lines.Reset()
	return errors.Join(err, d.index.Sync())
}

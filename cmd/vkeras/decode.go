package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/classify"
)

// decoding is a `vkeras decode` on its way.
type decoding struct {
	pictureInput
	folder, size, part string
	perFile            int
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
	o, err := d.shardOptions()
	if err != nil {
		return err
	}
	files, bad, err := d.listed(classify.ListPictures(args))
	if err != nil {
		return err
	}
	shards, err := classify.OpenShards(ctx, o)
	if errors.Is(err, classify.ErrFractions) {
		return usagef("--resize %s gives fractions, which do not fit into bytes", d.filter)
	} else if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	defer shards.Close()
	s, err := shards.Decode(ctx, files, func(a *classify.Answer) {
		a.Err = hint(a.Err)
		fmt.Fprintf(d.stderr, "vkeras: %s: %s\n", shown(a.Name()), shown(a.Message()))
	})
	if err := unlessStopped(ctx, err); err != nil {
		return err
	}
	wall, all := s.Wall.Seconds(), s.Pictures+s.Failed
	d.say("pictures: %d, and %d that could not be read; shards: %d; in %.1f s: %.1f a second; decoding took %.1f ms a picture on one of %d cores", s.Pictures, s.Failed, s.Shards, wall,
		float64(all)/wall, ms(s.Decode)/float64(max(1, all)), s.Cores)
	if err := ctx.Err(); err != nil {
		return err // after what was in flight
	}
	if s.Failed > 0 || bad {
		return errReported
	}
	return nil
}

// shardOptions reads the flags.
func (d *decoding) shardOptions() (o classify.ShardOptions, err error) {
	size, err := parseSize("--size", d.size)
	if err != nil {
		return o, err
	}
	if d.folder == "" {
		return o, usagef("decode needs --out")
	}
	if d.perFile < 1 {
		return o, usagef("--per-file %d: expected 1 or more", d.perFile)
	}
	if o.Part, err = parsePart(d.part); err != nil {
		return o, err
	}
	if o.Pictures, err = d.options(); err != nil {
		return o, err
	}
	if int64(size[0]) > d.maxPixels/int64(size[1]) {
		return o, usagef("--size %s: more than --max-pixels %d", d.size, d.maxPixels)
	}
	o.Height, o.Width, o.Stdin, o.Folder, o.PerFile = size[0], size[1], d.stdin, d.folder, d.perFile
	return o, nil
}

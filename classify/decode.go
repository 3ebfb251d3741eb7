package classify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// ShardOptions are how pictures become shards.
type ShardOptions struct {
	Reader         // its preset is not applied: shards hold pixels
	Folder  string // is made if it is not there
	PerFile int    // pictures a shard; 0 means 4096
	Part    Part   // names of its files begin with Part.At where Of is above 1
}

// defaultPerFile makes shards of 600 MB of pictures of 224 x 224.
const defaultPerFile = 4096

// IndexFile is the name of the file that says which picture is in which shard, a
// line of JSON each.
const IndexFile = "index.jsonl"

// IndexLine is a line of it.
type IndexLine struct {
	Path   string `json:"path"`
	Shard  string `json:"shard,omitempty"` // beside the index
	Index  *int   `json:"index,omitempty"` // in the shard
	Width  int    `json:"width,omitempty"` // of the file's picture
	Height int    `json:"height,omitempty"`
	Error  string `json:"error,omitempty"`
}

// ErrFractions is a way to resize whose results are no bytes.
var ErrFractions = errors.New("it gives fractions, which do not fit into bytes")

// Shards is a folder that pictures are decoded into.
type Shards struct {
	o      ShardOptions
	index  *os.File        // of pictures in whole shards
	held   map[string]bool // paths in index
	shards int             // whole
	open   *npy.Appender   // the shard that is being filled; nil: none
	lines  bytes.Buffer    // what index gets when that is whole
	done   Decoded
}

// Decoded is what [Shards.Decode] did.
type Decoded struct {
	Pictures, Failed int
	Shards           int // in the folder, with those of earlier runs
	Cores            int
	Wall             time.Duration
	Decode           time.Duration // on all cores together
}

// OpenShards makes the folder, and reads the index of an earlier run.
func OpenShards(ctx context.Context, o ShardOptions) (*Shards, error) {
	o.PerFile = cmp.Or(o.PerFile, defaultPerFile)
	switch f := o.Pictures.Filter; {
	case f == pictures.TFBilinear || f == pictures.TFBilinearAntialias:
		return nil, fmt.Errorf("resize by %s: %w", f, ErrFractions)
	case o.Height < 1 || o.Width < 1 || o.PerFile < 1:
		return nil, fmt.Errorf("classify: shards of %d pictures of %d x %d pixels: expected 1 or more of each", o.PerFile, o.Height, o.Width)
	}
	o.Pictures.Preset = pictures.None
	if err := os.MkdirAll(o.Folder, 0o755); err != nil {
		return nil, err
	}
	s := &Shards{o: o, held: map[string]bool{}}
	whole := map[string]bool{}
	var err error
	s.index, err = openLines(ctx, filepath.Join(o.Folder, s.fileName(IndexFile)), func(text []byte) error {
		var l IndexLine
		if err := json.Unmarshal(text, &l); err != nil {
			return err
		}
		s.held[l.Path] = true
		if l.Shard != "" {
			whole[l.Shard] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.shards = len(whole)
	return s, nil
}

// fileName is that of a file in the folder.
func (s *Shards) fileName(file string) string {
	if s.o.Part.Of > 1 {
		return fmt.Sprintf("%d-%s", s.o.Part.At, file)
	}
	return file
}

// Close drops a shard that is not whole.
func (s *Shards) Close() error {
	s.open.Discard()
	return s.index.Close()
}

// Decode reads the listed files that are this part's and not in the index, and
// writes them into shards. Those that cannot be read are handed to failed, which may
// put another error in the answer, for the index. When ctx is cancelled it begins no
// more, finishes those that it has begun, and returns ctx's error.
func (s *Shards) Decode(ctx context.Context, files []string, failed func(*Answer)) (Decoded, error) {
	times := &stages{cores: runtime.GOMAXPROCS(0), begin: time.Now()}
	p := &Intake{stop: ctx, read: s.read, stages: times, skip: func(a *Answer) bool { return s.held[string([]rune(a.Path))] }}
	p.from = func(ctx context.Context, in *Intake) error {
		for i, file := range files {
			if !s.o.Part.has(i) {
				continue
			}
			if err := in.Add(ctx, Item{Path: file, Stdin: file == StandardInput}); err != nil {
				return err
			}
		}
		return nil
	}
	group, working := errgroup.WithContext(context.WithoutCancel(ctx))
	p.start(working, group, 4*times.cores)
	group.Go(func() error { return s.takeAll(working, p, failed) })
	err := group.Wait()
	if err == nil {
		err = ctx.Err()
	}
	s.done.Shards, s.done.Cores, s.done.Wall, s.done.Decode = s.shards, times.cores, time.Since(times.begin), time.Duration(times.decode.Load())
	return s.done, err
}

// read reads a picture's bytes.
func (s *Shards) read(ctx context.Context, pic *picture) {
	x := make([]float32, s.o.Height*s.o.Width*3)
	if pic.Info, pic.Err = s.o.Picture(ctx, x, pic.Path); pic.Err != nil {
		return
	}
	pic.rgb = make([]byte, len(x))
	for i, v := range x {
		pic.rgb[i] = byte(v) // a whole number of 0 to 255
	}
}

// takeAll writes the pictures into shards, in order.
func (s *Shards) takeAll(ctx context.Context, p *Intake, failed func(*Answer)) error {
	for {
		pic, more, err := receive(ctx, p.queue)
		if err != nil {
			return err
		}
		if !more {
			return s.finish()
		}
		if _, _, err := receive(ctx, pic.ready); err != nil {
			return err
		}
		p.leave()
		if errors.Is(pic.Err, errStopped) {
			continue
		}
		if err := s.take(ctx, pic, failed); err != nil {
			return err
		}
	}
}

// take writes a picture into the shard that is open.
func (s *Shards) take(ctx context.Context, pic *picture, failed func(*Answer)) error {
	line := IndexLine{Path: pic.Path, Width: pic.Info.Width, Height: pic.Info.Height}
	if pic.Err != nil {
		s.done.Failed++
		failed(&pic.Answer)
		line.Error = pic.Message()
		return json.NewEncoder(&s.lines).Encode(line)
	}
	line.Shard = s.fileName(fmt.Sprintf("%05d%s", s.shards, shardExtension))
	if s.open == nil {
		var err error
		if s.open, err = npy.Create(ctx, filepath.Join(s.o.Folder, line.Shard), npy.Uint8, nn.Shape{s.o.Height, s.o.Width, 3}); err != nil {
			return err
		}
	}
	line.Index = new(int)
	*line.Index = s.open.Count()
	if err := s.open.AddBytes(pic.rgb); err != nil {
		return err
	}
	if err := json.NewEncoder(&s.lines).Encode(line); err != nil {
		return err
	}
	if s.open.Count() < s.o.PerFile {
		return nil
	}
	return s.finish()
}

// finish gives the open shard its name, and then the index its lines: who is
// killed between them writes that shard again.
func (s *Shards) finish() error {
	if s.open != nil {
		s.done.Pictures += s.open.Count()
		if err := s.open.Finish(); err != nil {
			return err
		}
		s.open = nil
		s.shards++
	}
	_, err := s.index.Write(s.lines.Bytes())
	s.lines.Reset()
	return errors.Join(err, onDisk(s.index))
}

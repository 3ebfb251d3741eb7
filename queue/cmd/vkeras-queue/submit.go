package main

import (
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/queue"
)

// submission is a `vkeras submit` on its way.
type submission struct {
	*tool
	broker
	list  string
	retry bool
	o     queue.JobOptions
}

func (t *tool) submit() *cobra.Command {
	s := &submission{tool: t}
	c := &cobra.Command{
		Use:   "submit [PICTURE|FOLDER]...",
		Short: "Put pictures on a queue, for vkeras work to classify",
		Long: `Submit adds pictures to a job on a NATS server: those that are named, as absolute
paths, with what is in folders and below; or else the lines of standard input or of
--list, each as vkeras worker reads it: a path, a path as a JSON string, or an object
{"path": ..., "id": ...}. These go to the workers as they are: paths must be theirs.

What a job has already, by id or else by path, is refused and counted, so that the
same list, or a longer one, may be submitted again at any time.

The first submission makes the job; --replicas, --ack-wait, --max-deliver and
--max-ack-pending of later ones change it.`,
		Example: `  find /photos -name '*.jpg' | vkeras submit --job photos
  vkeras submit --job photos --nats nats://a:4222,nats://b:4222,nats://c:4222 --replicas 3 /photos`,
		RunE: func(c *cobra.Command, args []string) error { return s.run(c, args) },
	}
	s.register(c)
	f := c.Flags()
	f.StringVar(&s.list, "list", "", "`FILE` of lines, - for standard input")
	f.BoolVar(&s.retry, "retry-dead", false, "make the job's dead letters wait again, and submit nothing else")
	f.IntVar(&s.o.Replicas, "replicas", 0, "servers of a cluster that hold the job: 1, 3 or 5 (default 1)")
	f.DurationVar(&s.o.AckWait, "ack-wait", 0, fmt.Sprintf("after which a picture is delivered again whose worker is lost (default %v)", queue.DefaultAckWait))
	f.IntVar(&s.o.MaxDeliver, "max-deliver", 0, fmt.Sprintf("deliveries after which a picture is a dead letter (default %d)", queue.DefaultMaxDeliver))
	f.IntVar(&s.o.MaxAckPending, "max-ack-pending", 0, fmt.Sprintf("pictures that all workers together may hold (default %d)", queue.DefaultMaxAckPending))
	return c
}

func (s *submission) run(c *cobra.Command, args []string) error {
	ctx, stop := untilSignal(c.Context())
	defer stop()
	if len(args) > 0 && s.list != "" {
		return usagef("--list %s beside %s: expected one of them", s.list, args[0])
	}
	if s.retry && (len(args) > 0 || s.list != "") {
		return usagef("--retry-dead takes no pictures")
	}
	if s.o.Replicas < 0 || s.o.AckWait < 0 || s.o.MaxDeliver < 0 || s.o.MaxDeliver == 1 || s.o.MaxAckPending < 0 {
		return usagef("--replicas, --ack-wait, --max-ack-pending: expected more than 0; --max-deliver: 2 or more")
	}
	items, closeList, err := s.items(args)
	if err != nil {
		return err
	}
	defer closeList()
	q, disconnect, err := s.connect(s.log())
	if err != nil {
		return err
	}
	defer disconnect()
	if s.retry {
		job, err := s.open(ctx, s.tool, q, false)
		if err != nil {
			return err
		}
		n, err := job.Retry(ctx)
		if err == nil {
			_, err = fmt.Fprintf(s.stdout, "job %s: %d dead letters wait again\n", s.job, n)
		}
		return err
	}
	first, rest, err := begin(items) // before there is a job of nothing
	if err != nil {
		return err
	}
	defer rest()
	job, err := q.Create(ctx, s.job, s.o)
	if err != nil {
		return err
	}
	start := time.Now()
	count, err := job.Submit(ctx, first)
	if err != nil {
		return fmt.Errorf("after %d new pictures and %d duplicates (submit the same again to go on): %w", count.New, count.Duplicates, err)
	}
	_, err = fmt.Fprintf(s.stdout, "job %s: %d new pictures, %d duplicates refused, %.1f s\n", s.job, count.New, count.Duplicates, time.Since(start).Seconds())
	return err
}

// items returns what the command line names.
func (s *submission) items(args []string) (items iter.Seq2[queue.Item, error], closeList func() error, err error) {
	var in io.Reader = s.stdin
	closeList = func() error { return nil }
	switch {
	case len(args) > 0:
		return files(args), closeList, nil
	case s.list != "" && s.list != "-":
		f, err := os.Open(s.list)
		if err != nil {
			return nil, nil, fmt.Errorf("--list: %w", err)
		}
		in, closeList = f, f.Close
	}
	return queue.Lines(in), closeList, nil
}

// begin takes the first item, and returns all of them; none is an error.
func begin(items iter.Seq2[queue.Item, error]) (all iter.Seq2[queue.Item, error], stop func(), err error) {
	next, stop := iter.Pull2(items)
	item, err, more := next()
	switch {
	case !more:
		stop()
		return nil, nil, fmt.Errorf("no pictures")
	case err != nil:
		stop()
		return nil, nil, err
	}
	return func(yield func(queue.Item, error) bool) {
		for more && yield(item, err) {
			item, err, more = next()
		}
	}, stop, nil
}

// extensions are the names' endings that make a file in a folder a picture, as for
// vkeras classify.
var extensions = []string{".jpg", ".jpeg", ".jpe", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".npy"}

// files returns files, and the pictures in folders and below, by absolute paths.
func files(args []string) iter.Seq2[queue.Item, error] {
	return func(yield func(queue.Item, error) bool) {
		for _, arg := range args {
			root, err := filepath.Abs(arg)
			if err == nil {
				err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
					hidden := path != root && strings.HasPrefix(filepath.Base(path), ".")
					switch {
					case err != nil:
						return err
					case hidden && d.IsDir():
						return fs.SkipDir
					case d.IsDir(), hidden, path != root && !slices.Contains(extensions, strings.ToLower(filepath.Ext(path))):
						return nil
					case !yield(queue.ItemOf(path), nil):
						return errEnough
					}
					return nil
				})
			}
			if err == errEnough {
				return
			}
			if err != nil {
				yield(queue.Item{}, err)
				return
			}
		}
	}
}

var errEnough = fmt.Errorf("enough")

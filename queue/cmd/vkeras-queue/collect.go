package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/queue"
)

// collector is a `vkeras collect` on its way.
type collector struct {
	*tool
	broker
	follow, dead, remove bool
	every                time.Duration
}

func (t *tool) collect() *cobra.Command {
	l := &collector{tool: t}
	c := &cobra.Command{
		Use:   "collect",
		Short: "Write the answers that a queue has",
		Long: `Collect writes the answers of a job as lines of JSON, each picture's once, as
vkeras worker wrote them, in the order of storing. It removes nothing: it may be
done at any time, by several, and again. On standard error it says how far the job
is, and lists the dead letters: pictures whose every worker ended without an answer.

Without --follow it writes what there is. The status is 0 if the job is complete
and nothing died; pictures that could not be read are answers, and counted.`,
		Example: `  vkeras collect --job photos --follow > answers.jsonl
  vkeras collect --job photos --dead`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return l.run(c) },
	}
	l.register(c)
	f := c.Flags()
	f.BoolVarP(&l.follow, "follow", "f", false, "go on until the job is complete")
	f.BoolVar(&l.dead, "dead", false, "write the dead letters as lines of JSON, and no answers")
	f.BoolVar(&l.remove, "remove", false, "remove the job from the server if it is complete, nothing died, and all is written")
	f.DurationVar(&l.every, "every", 5*time.Second, "how often to say how far the job is")
	c.MarkFlagsMutuallyExclusive("dead", "follow")
	c.MarkFlagsMutuallyExclusive("dead", "remove")
	return c
}

func (l *collector) run(c *cobra.Command) error {
	if l.every <= 0 {
		return usagef("--every %v: expected more than 0", l.every)
	}
	ctx, stop := untilSignal(c.Context())
	defer stop()
	q, disconnect, err := l.connect(l.log())
	if err != nil {
		return err
	}
	defer disconnect()
	job, err := l.open(ctx, l.tool, q, l.follow)
	if err != nil {
		return err
	}
	if l.dead {
		list, err := job.Dead(ctx)
		if err == nil {
			err = l.writeDead(list)
		}
		return err
	}
	out := bufio.NewWriterSize(l.stdout, 64<<10)
	defer out.Flush() // whole lines, on an interrupt too
	sum, err := job.Collect(ctx, queue.CollectOptions{
		Follow: l.follow, Every: l.every,
		Result: func(line []byte) error {
			if _, err := out.Write(line); err != nil {
				return err
			}
			return out.WriteByte('\n')
		},
		Written:  out.Flush,
		Progress: func(p queue.Progress) { l.say("%s", progress(p)) },
	})
	if err != nil {
		return err
	}
	if err := l.report(sum); err != nil {
		return err
	}
	if l.remove {
		return job.Remove(ctx)
	}
	return nil
}

// progress says how far a job is.
func progress(p queue.Progress) string {
	text := fmt.Sprintf("%d of %d", p.Results, p.Results+p.Waiting)
	if p.Submitting {
		text += ", more being submitted"
	}
	if p.Rate > 0 {
		text += fmt.Sprintf(", %.1f/s, %v left", p.Rate, time.Duration(float64(p.Waiting)/p.Rate*float64(time.Second)).Round(time.Second))
	}
	if p.Dead > 0 {
		text += fmt.Sprintf(", %d dead", p.Dead)
	}
	return text
}

// report says what a job has come to; what is not whole is an error.
func (l *collector) report(s queue.Summary) error {
	l.say("%d results, %d of them errors; %d dead; %d waiting", s.Results, s.Errors, len(s.Dead), s.Waiting)
	for _, d := range s.Dead {
		name := d.Path
		if len(d.ID) > 0 {
			name += fmt.Sprintf(" (id %s)", d.ID)
		}
		fmt.Fprintf(l.stderr, "dead: %s: %d deliveries: %s\n", name, d.Deliveries, d.Reason)
	}
	if len(s.Dead) > 0 || s.Waiting > 0 {
		return fmt.Errorf("job %s: %d dead (vkeras submit --retry-dead has them tried again), %d waiting", l.job, len(s.Dead), s.Waiting)
	}
	return nil
}

func (l *collector) writeDead(list []queue.Dead) error {
	encoder := json.NewEncoder(l.stdout)
	for _, d := range list {
		if err := encoder.Encode(d); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/queue"
)

// labour is a `vkeras work` on its way.
type labour struct {
	*tool
	broker
	model     string
	devices   []string
	batch     int
	allowCPU  bool
	untilDone bool
	stall     time.Duration
	limit     time.Duration
	program   string
}

func (t *tool) work() *cobra.Command {
	l := &labour{tool: t}
	c := &cobra.Command{
		Use:   "work [-- FLAGS OF VKERAS WORKER]",
		Short: "Classify the pictures of a queue",
		Long: `Work takes pictures from a job on a NATS server, has them classified by vkeras
worker, and stores the answers there, for vkeras collect. It starts one worker for
each --device and holds up to two batches for each. Any number of them may work on
a job, on any machine that sees the pictures.

A picture leaves the queue after its answer is stored. If a worker dies, or its
machine, what it held is delivered to others, each picture alone, so that one which
kills its worker takes no others with it; after --max-deliver deliveries (see vkeras
submit) it is a dead letter. A picture that cannot be read is an answer with an error.

It waits for more until it is stopped, or, with --until-done, until the job is
complete. SIGTERM or an interrupt: it finishes what it holds and ends; a second one:
it gives back what it holds and ends at once.`,
		Example: `  vkeras work --job photos --device uuid:... --until-done
  vkeras work --job photos --model cats.keras --device 0 --device 1 -- --labels names.txt --preset caffe`,
		RunE: func(c *cobra.Command, args []string) error { return l.run(c, args) },
	}
	l.register(c)
	f := c.Flags()
	f.StringVarP(&l.model, "model", "m", "", "`FILE` of the model (default: the demo model)")
	f.StringArrayVarP(&l.devices, "device", "d", nil, "device, as vkeras worker takes it; several times for several (default: the best GPU)")
	f.IntVarP(&l.batch, "batch", "b", 16, "images computed at once")
	f.BoolVar(&l.allowCPU, "allow-cpu", false, "take a driver that runs on the CPU")
	f.BoolVar(&l.untilDone, "until-done", false, "end when the job is complete")
	f.DurationVar(&l.stall, "stall", queue.DefaultStall, "after which a worker that says nothing is killed")
	f.DurationVar(&l.limit, "drain-limit", queue.DefaultDrainLimit, "how long to finish after a signal")
	f.StringVar(&l.program, "program", "", "the `FILE` to start as worker (default: vkeras, beside this program or on the path)")
	return c
}

func (l *labour) run(c *cobra.Command, args []string) error {
	if len(args) > 0 && c.ArgsLenAtDash() != 0 {
		return usagef("%s: expected no argument before --", args[0])
	}
	if l.batch < 1 || l.stall <= 0 || l.limit <= 0 {
		return usagef("--batch %d, --stall %v, --drain-limit %v: expected more than 0", l.batch, l.stall, l.limit)
	}
	if l.program == "" {
		var err error
		if l.program, err = findVkeras(); err != nil {
			return err
		}
	}
	ctx, drain, stop := twoSignals(c.Context())
	defer stop()
	q, disconnect, err := l.connect(l.log())
	if err != nil {
		return err
	}
	defer disconnect()
	first, cancel := until(ctx, drain)
	defer cancel()
	job, err := l.open(first, l.tool, q, true)
	if first.Err() != nil && ctx.Err() == nil {
		return nil // told to end before there was anything to do
	}
	if err != nil {
		return err
	}
	if len(l.devices) == 0 {
		l.devices = []string{""}
	}
	return l.workAll(ctx, drain, job, args)
}

// workAll works on each device. One that fails leaves the work to the others.
func (l *labour) workAll(ctx context.Context, drain <-chan struct{}, job *queue.Job, args []string) error {
	errs := make([]error, len(l.devices))
	var group sync.WaitGroup
	for i, device := range l.devices {
		log := l.log()
		if len(l.devices) > 1 {
			log = log.With("device", device)
		}
		group.Go(func() {
			if errs[i] = l.workOn(ctx, drain, job, device, args, log); errs[i] != nil && len(l.devices) > 1 {
				log.Error("this device leaves the work", "err", errs[i])
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func (l *labour) workOn(ctx context.Context, drain <-chan struct{}, job *queue.Job, device string, args []string, log *slog.Logger) error {
	flags := []string{"worker", "--batch", strconv.Itoa(l.batch)}
	if l.model != "" {
		flags = append(flags, "--model", l.model)
	}
	if device != "" {
		flags = append(flags, "--device", device)
	}
	if l.allowCPU {
		flags = append(flags, "--allow-cpu")
	}
	if l.quiet {
		flags = append(flags, "--quiet")
	}
	return job.Work(ctx, queue.WorkOptions{
		Program: queue.Program{Path: l.program, Args: append(flags, args...), Stderr: l.stderr},
		Batch:   l.batch, UntilDone: l.untilDone, Drain: drain, DrainLimit: l.limit, Stall: l.stall, Log: log,
	})
}

// twoSignals returns a channel that the first signal closes, and a context that the
// second ends. A third ends the process.
func twoSignals(ctx context.Context) (context.Context, <-chan struct{}, func()) {
	ctx, cancel := context.WithCancel(ctx)
	drain := make(chan struct{})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			close(drain)
		case <-ctx.Done():
			return
		}
		select {
		case <-signals:
			signal.Stop(signals)
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, drain, func() { signal.Stop(signals); cancel() }
}

// until returns a context that ends with another, or when a channel is closed.
func until(ctx context.Context, closed <-chan struct{}) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// findVkeras returns vkeras, beside this program or on the path.
func findVkeras() (string, error) {
	name := "vkeras"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if own, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(own), name)
		if info, err := os.Stat(beside); err == nil && !info.IsDir() {
			return beside, nil
		}
	}
	found, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("vkeras, whose worker classifies, is neither beside this program nor on the path: --program names it")
	}
	return found, nil
}

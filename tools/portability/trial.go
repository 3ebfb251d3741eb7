package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"time"
)

// trial is a place that is being tried.
type trial struct {
	ctx    context.Context
	place  *place
	folder string           // for what it writes; removed behind it
	known  map[string]check // what passed before an interrupt, by its name
	on     string           // what the place was then
	keep   func() error     // writes what is known by now
	kept   error            // of that
}

// command is a command line, and how it is run.
type command struct {
	args  []string
	env   []string // beside this process's own
	limit time.Duration
}

// output is what a command left.
type output struct {
	stdout, stderr string
	cpu, wall      time.Duration
}

// took says how long the command was at work: on a loaded machine the processor's
// time is the one to trust.
func (o output) took() string {
	return fmt.Sprintf("%.1f s of processor time", o.cpu.Seconds())
}

// judgement looks at what a command left, and returns what to say of it.
type judgement func(output) (string, error)

// try runs a command and records what came of it.
func (t *trial) try(what string, c command, judge judgement) {
	t.do(what, func() (string, error) {
		out, err := t.run(c)
		if err != nil {
			return "", err
		}
		return judge(out)
	})
}

// do records what came of a check, which is not made again where it passed before an
// interrupt.
func (t *trial) do(what string, f func() (string, error)) {
	if c, found := t.known[what]; found {
		t.add(c)
		return
	}
	says, err := f()
	t.note(what, says, err)
}

// errCutShort is a command that had no result when its time was over.
var errCutShort = errors.New("cut short")

// note records a check that passed, failed with err, or did not come to its end.
func (t *trial) note(what, says string, err error) {
	c := check{What: what, Outcome: passedCheck, Says: says}
	switch {
	case err != nil && t.ctx.Err() != nil:
		c.Outcome, c.Says = notRun, "interrupted before it had a result"
	case errors.Is(err, errCutShort):
		c.Outcome, c.Says = notRun, t.plain(err.Error())
	case err != nil:
		c.Outcome, c.Says = failedCheck, t.plain(err.Error())
	}
	t.add(c)
}

// skip records that something was not run, and why.
func (t *trial) skip(what, why string) { t.add(check{what, notRun, why}) }

func (t *trial) add(c check) {
	log.Printf("%s: %s: %s: %s", t.place.Name, c.What, c.Outcome, c.Says)
	t.place.Checks = append(t.place.Checks, c)
	if t.keep != nil {
		t.kept = errors.Join(t.kept, t.keep())
	}
}

// plain takes this machine's folders out of a message.
func (t *trial) plain(s string) string {
	s = strings.ReplaceAll(s, t.folder, "TMP")
	if here, err := os.Getwd(); err == nil {
		s = strings.ReplaceAll(s, here+"/", "")
		s = strings.ReplaceAll(s, here, ".")
	}
	return s
}

// run runs a command to its end. The error has the last line that it wrote.
func (t *trial) run(c command) (output, error) {
	if c.limit == 0 {
		c.limit = time.Hour // a loaded machine is slow
	}
	ctx, cancel := context.WithTimeout(t.ctx, c.limit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	x := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	x.Env = append(os.Environ(), c.env...)
	x.Stdout, x.Stderr = &stdout, &stderr
	x.WaitDelay = 5 * time.Second
	begin := time.Now()
	err := x.Run()
	if errors.Is(err, exec.ErrWaitDelay) { // it ended well, and left a server behind that holds its output
		err = nil
	}
	out := output{stdout: stdout.String(), stderr: stderr.String(), wall: time.Since(begin)}
	if x.ProcessState != nil {
		out.cpu = x.ProcessState.UserTime() + x.ProcessState.SystemTime()
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("%w after %v, without a result", errCutShort, c.limit)
	case err != nil:
		err = fmt.Errorf("%w: %s", err, lastLine(out.stderr, out.stdout))
	}
	return out, err
}

// lastLine returns the last line of the first text that has one.
func lastLine(texts ...string) string {
	for _, s := range texts {
		if lines := strings.Split(strings.TrimSpace(s), "\n"); lines[len(lines)-1] != "" {
			return strings.TrimSpace(lines[len(lines)-1])
		}
	}
	return "it said nothing"
}

// contains judges by a text that the standard output must have.
func contains(text string) judgement {
	return func(o output) (string, error) {
		if !strings.Contains(o.stdout, text) {
			return "", fmt.Errorf("it printed %q, not %q", lastLine(o.stdout), text)
		}
		return lastLine(o.stdout), nil
	}
}

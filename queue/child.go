package queue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// Program is what classifies: for each line on its standard input it writes one of
// JSON to its standard output, in order, and ends when its input does. It is
// `vkeras worker`.
type Program struct {
	Path   string
	Args   []string
	Stderr io.Writer // where it says what it has to say; nil: nowhere
}

const (
	// readyLine is answered with an error by a worker that has opened its model
	// and its device: until then no item is fetched, so none is lost on it.
	// After a shard it tells that all of that was answered.
	readyLine = `{"id":"ready?","path":""}`
	// maxAnswerBytes bounds an answer; the server's limit is far below.
	maxAnswerBytes = 64 << 20
	// leaveTime is what a child has to end in, when its input has.
	leaveTime = 10 * time.Second
	// pipeTime is for what a child left in its pipes, or in those of its own children.
	pipeTime = 2 * time.Second
)

// child is a Program on its way.
type child struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	lines   chan []byte   // to be written; closed to end it
	answers chan []byte   // what came
	ended   chan struct{} // closed when it has ended, after the last answer
	err     error         // why it ended
	words   *lastWords
	leave   chan struct{} // closed when nobody wants answers any more
	once    sync.Once
}

// start starts the program, in a process group of its own: an interrupt from the
// terminal is not for the child, which finishes what it was given.
func (p Program) start(room int) (*child, error) {
	c := &child{
		lines: make(chan []byte, room), answers: make(chan []byte), ended: make(chan struct{}),
		leave: make(chan struct{}), words: &lastWords{to: p.Stderr},
	}
	c.cmd = exec.Command(p.Path, p.Args...)
	c.cmd.SysProcAttr = ownGroup()
	c.cmd.WaitDelay = pipeTime
	c.cmd.Stdout = &answerLines{c: c}
	c.cmd.Stderr = c.words
	var err error
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the worker: %w", err)
	}
	go c.write()
	go func() {
		c.err = c.cmd.Wait()
		close(c.ended)
	}()
	c.lines <- []byte(readyLine)
	return c, nil
}

// saysReady tells whether an answer is that to readyLine: which is no item, so it
// comes back whole.
func saysReady(answer []byte) bool {
	_, path, err := identify(answer)
	return err == nil && path == readyLine
}

// write passes lines on; one that cannot be written is of a child that ends.
func (c *child) write() {
	defer c.stdin.Close()
	for {
		select {
		case line, more := <-c.lines:
			if !more {
				return
			}
			if _, err := c.stdin.Write(append(bytes.Clone(line), '\n')); err != nil {
				return
			}
		case <-c.ended:
			return
		}
	}
}

// stop ends the child: in peace, or else at once.
func (c *child) stop(kill bool) {
	c.once.Do(func() { close(c.leave); close(c.lines) })
	patience := leaveTime
	if kill {
		patience = 0
	}
	select {
	case <-c.ended:
	case <-time.After(patience):
		killGroup(c.cmd)
		<-c.ended
	}
}

// why says how the child ended, with its last words.
func (c *child) why() string {
	how := "it ended"
	if c.err != nil {
		how = c.err.Error()
	}
	if words := c.words.String(); words != "" {
		how += ", having said: " + words
	}
	return how
}

// refused tells whether the child did not understand its own command line.
func (c *child) refused() bool {
	var exit *exec.ExitError
	return errors.As(c.err, &exit) && exit.ExitCode() == 2
}

// answerLines cuts what a child writes into answers.
type answerLines struct {
	c    *child
	rest []byte
}

func (a *answerLines) Write(b []byte) (int, error) {
	a.rest = append(a.rest, b...)
	for {
		line, rest, whole := bytes.Cut(a.rest, []byte{'\n'})
		if !whole {
			break
		}
		select {
		case a.c.answers <- bytes.Clone(line):
		case <-a.c.leave:
			return 0, errors.New("nobody listens")
		}
		a.rest = rest
	}
	if len(a.rest) > maxAnswerBytes {
		return 0, fmt.Errorf("an answer of more than %d bytes", maxAnswerBytes)
	}
	return len(b), nil
}

// lastWords passes on what a child says, and keeps the last of it.
type lastWords struct {
	mu   sync.Mutex
	to   io.Writer
	kept []byte
}

// keptBytes is of the last words.
const keptBytes = 16 << 10

func (l *lastWords) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, b...)
	l.kept = l.kept[max(0, len(l.kept)-keptBytes):]
	if l.to != nil {
		if _, err := l.to.Write(b); err != nil {
			l.to = nil // what nobody reads is no reason to end
		}
	}
	return len(b), nil
}

// causes are how lines begin that say why a program of ours, or any in Go, ends.
var causes = []string{"vkeras: ", "panic: ", "fatal error: "}

// String returns the last line that says why, or else the last.
func (l *lastWords) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(strings.ToValidUTF8(string(l.kept), "")), "\n")
	for _, line := range slices.Backward(lines) {
		for _, cause := range causes {
			if strings.HasPrefix(line, cause) {
				return strings.TrimSpace(line)
			}
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}

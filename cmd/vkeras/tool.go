package main

import (
	"fmt"
	"io"
)

// tool is what the commands share.
type tool struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	quiet          bool
	started        bool // the command line was understood
	warned         bool // that there is no GPU
}

// say tells the user something that is not a result.
func (t *tool) say(format string, a ...any) {
	if !t.quiet {
		fmt.Fprintf(t.stderr, format+"\n", a...)
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// usageError is a fault of the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, a ...any) error { return usageError{fmt.Errorf(format, a...)} }

// errReported ends a command whose faults were printed as they came.
var errReported = errors.New("some of the work failed")

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// exitStatus is how a program ended that had this one's work to do.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("status %d", int(s)) }

// withoutPath drops the path that package os puts into its errors.
func withoutPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// unlessStopped drops the error of a run that ended because ctx did, with answers
// for all that it had begun.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

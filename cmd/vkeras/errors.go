package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

// usageError is a fault of the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, a ...any) error { return usageError{fmt.Errorf(format, a...)} }

// kindsOfFlags say what the values of flags are, by pflag's names of their types.
var kindsOfFlags = map[string]string{
	"int": "a whole number", "int64": "a whole number", "uint": "a whole number of 0 or more", "uint64": "a whole number of 0 or more", "uint16": "a whole number of 0 or more",
	"intSlice": "whole numbers, such as 1,8", "float64": "a number", "float32": "a number", "bool": "true or false", "duration": "a time with its unit, such as 5s",
}

// plainFlagError says what a flag takes, where pflag says what a function of Go's
// library makes of the value.
func plainFlagError(err error) error {
	var e *pflag.InvalidValueError
	if !errors.As(err, &e) {
		return err
	}
	kind, ok := kindsOfFlags[e.GetFlag().Value.Type()]
	if !ok {
		return err
	}
	return fmt.Errorf("--%s %q: expected %s", e.GetFlag().Name, e.GetValue(), kind)
}

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

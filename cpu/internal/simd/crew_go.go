//go:build !cgo

package simd

import (
	"context"
	"unsafe"
)

// Crew is threads for kernels in C, of which there are none without cgo.
type Crew struct{}

// NewCrew returns nil.
func (s *Set) NewCrew(int) (*Crew, error) { return nil, nil }

// Work, Run, Close and Free are for what NewCrew never returns.
func (c *Crew) Work(int, unsafe.Pointer)                                       {}
func (c *Crew) Run(context.Context, *Sequence, int, int, unsafe.Pointer) error { return nil }
func (c *Crew) Close()                                                         {}
func (c *Crew) Free()                                                          {}

func layOut([][]Call, int) (*Memory, error) { return nil, nil }

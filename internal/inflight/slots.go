package inflight

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrClosed is the use of something that was closed.
var ErrClosed = errors.New("used after Close")

// Slots are what batches in flight have for themselves: memory, commands over
// it. One goroutine at a time has a slot.
type Slots[S any] struct {
	All []S

	mu     sync.Mutex // of Close
	closed chan struct{}
	idle   chan S // those that nobody has
}

// Make makes n slots. After an error All holds those that were made.
func Make[S any](n int, one func() (S, error)) (*Slots[S], error) {
	s := &Slots[S]{closed: make(chan struct{}), idle: make(chan S, n)}
	for range n {
		slot, err := one()
		if err != nil {
			return s, err
		}
		s.All = append(s.All, slot)
		s.idle <- slot
	}
	return s, nil
}

// Take waits for a slot that is free, which the caller gives back.
func (s *Slots[S]) Take(ctx context.Context) (slot S, err error) {
	select {
	case <-s.closed:
		return slot, fmt.Errorf("net: %w", ErrClosed)
	default:
	}
	if err := ctx.Err(); err != nil {
		return slot, err
	}
	select {
	case slot = <-s.idle:
		return slot, nil
	case <-s.closed:
		return slot, fmt.Errorf("net: %w", ErrClosed)
	case <-ctx.Done():
		return slot, ctx.Err()
	}
}

// Give gives a slot back.
func (s *Slots[S]) Give(slot S) { s.idle <- slot }

// Close lets nobody take a slot any more and waits for those that were taken.
func (s *Slots[S]) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return fmt.Errorf("net: %w", ErrClosed)
	default:
	}
	close(s.closed)
	for range s.All {
		<-s.idle
	}
	return nil
}

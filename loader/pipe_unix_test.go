//go:build unix

package loader_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// makePipe makes a named pipe: opening it waits for a writer that never comes.
func makePipe(t *testing.T, name string) { require.NoError(t, syscall.Mkfifo(name, 0o644)) }

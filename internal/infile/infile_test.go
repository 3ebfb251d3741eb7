//go:build unix

package infile_test

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/infile"
)

func TestAPipeIsWaitedForUntilItsContextEnds(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	soon := func() context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	_, err := infile.Open(soon(), pipe)
	require.ErrorIs(t, err, context.DeadlineExceeded, "nobody writes")

	held, err := os.OpenFile(pipe, os.O_RDWR, 0) // opened, never written
	require.NoError(t, err)
	defer held.Close()
	_, err = infile.Read(soon(), pipe)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestFilesAndPipesAreReadWhole(t *testing.T) {
	file, pipe := filepath.Join(t.TempDir(), "file"), filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, os.WriteFile(file, []byte("text"), 0o600))
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	go func() { _ = os.WriteFile(pipe, []byte("text"), 0) }()
	for _, name := range []string{file, pipe} {
		text, err := infile.Read(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, "text", string(text))
	}
	_, err := infile.Read(t.Context(), filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

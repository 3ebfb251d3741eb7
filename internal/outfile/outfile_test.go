//go:build unix

package outfile_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/outfile"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func contents(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(b)
}

// alone requires that the folder has these files and no others.
func alone(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	var found []string
	for _, e := range entries {
		found = append(found, e.Name())
	}
	require.Equal(t, names, found)
}

func TestARegularFileIsReplacedAndKeepsItsPermissions(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "a")
	require.NoError(t, outfile.Write(t.Context(), name, text("first")))
	require.NoError(t, os.Chmod(name, 0o640))
	open, err := os.Open(name)
	require.NoError(t, err)
	defer open.Close()
	require.NoError(t, outfile.Write(t.Context(), name, text("second")))
	require.Equal(t, "second", contents(t, name))
	old, err := io.ReadAll(open)
	require.NoError(t, err)
	require.Equal(t, "first", string(old), "who has it open still reads the old one")
	info, err := os.Stat(name)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), info.Mode())
	alone(t, folder, "a")
}

func TestAFailureLeavesWhatWasThere(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "a")
	require.NoError(t, outfile.Write(t.Context(), name, text("first")))
	broken := errors.New("broken")
	require.ErrorIs(t, outfile.Write(t.Context(), name, func(w io.Writer) error { return errors.Join(text("sec")(w), broken) }), broken)
	require.Equal(t, "first", contents(t, name))
	require.ErrorIs(t, outfile.Write(t.Context(), folder, text("x")), syscall.EISDIR)
	none := filepath.Join(folder, "none", "a")
	err := outfile.Write(t.Context(), none, text("x"))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.EqualError(t, err, "write "+none+": no such file or directory", "and not the temporary file's name")
	alone(t, folder, "a")
}

func TestBehindASymbolicLinkItsTargetIsReplaced(t *testing.T) {
	folder, other := t.TempDir(), t.TempDir()
	link, target := filepath.Join(folder, "link"), filepath.Join(other, "target")
	require.NoError(t, os.Symlink(target, filepath.Join(folder, "second")))
	require.NoError(t, os.Symlink("second", link))
	for _, s := range []string{"made behind a link that leads nowhere", "replaced"} {
		require.NoError(t, outfile.Write(t.Context(), link, text(s)))
		require.Equal(t, s, contents(t, target))
	}
	alone(t, folder, "link", "second")
	alone(t, other, "target")
	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeSymlink)
	loop := filepath.Join(folder, "loop")
	require.NoError(t, os.Symlink(loop, loop))
	require.ErrorIs(t, outfile.Write(t.Context(), loop, text("x")), syscall.ELOOP)
}

func TestADeviceStaysADevice(t *testing.T) {
	link := filepath.Join(t.TempDir(), "null")
	require.NoError(t, os.Symlink(os.DevNull, link))
	for _, name := range []string{os.DevNull, link} {
		before, err := os.Stat(name)
		require.NoError(t, err)
		require.NoError(t, outfile.Write(t.Context(), name, text("gone")))
		after, err := os.Stat(name)
		require.NoError(t, err)
		require.True(t, os.SameFile(before, after))
		require.NotZero(t, after.Mode()&os.ModeCharDevice)
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		require.ErrorIs(t, outfile.Write(t.Context(), "/dev/full", text("no room")), syscall.ENOSPC)
	}
}

func fifo(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(name, 0o600))
	return name
}

func TestAPipeIsWritten(t *testing.T) {
	name := fifo(t)
	read := make(chan string, 1)
	go func() {
		b, err := os.ReadFile(name)
		read <- fmt.Sprint(string(b), err)
	}()
	require.NoError(t, outfile.Write(t.Context(), name, text("through")))
	require.Equal(t, "through<nil>", <-read)
	info, err := os.Stat(name)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeNamedPipe)
}

func TestAPipeThatNobodyReadsIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	name := fifo(t)
	require.ErrorIs(t, outfile.Write(ctx, name, text("x")), context.DeadlineExceeded)
	unblock, err := os.OpenFile(name, os.O_RDWR, 0) // the opening that was left behind
	require.NoError(t, err)
	defer unblock.Close()
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, outfile.Write(ctx, name, text(string(make([]byte, 1<<20)))), context.DeadlineExceeded, "more than the pipe holds")
}

func TestADescriptorIsWrittenWhereItIs(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	f, err := os.Create(name)
	require.NoError(t, err)
	defer f.Close()
	link := filepath.Join(t.TempDir(), "stdout")
	descriptor := fmt.Sprintf("/dev/fd/%d", f.Fd())
	require.NoError(t, os.Symlink(descriptor, link))
	require.NoError(t, text("one ")(f))
	require.NoError(t, outfile.Write(t.Context(), descriptor, text("two ")))
	require.NoError(t, outfile.Write(t.Context(), fmt.Sprintf("/proc/self/fd/%d", f.Fd()), text("three ")))
	require.NoError(t, outfile.Write(t.Context(), link, text("four ")))
	added, regular, err := outfile.Append(t.Context(), descriptor)
	require.NoError(t, err)
	require.False(t, regular, "what was written there before is not its own")
	require.NoError(t, text("five ")(added))
	require.NoError(t, added.Close())
	require.NoError(t, text("six")(f))
	require.Equal(t, "one two three four five six", contents(t, name))
}

func TestAppendMakesARegularFileAndTakesAnother(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a")
	for range 2 {
		f, regular, err := outfile.Append(t.Context(), name)
		require.NoError(t, err)
		require.True(t, regular)
		require.NoError(t, f.Close())
	}
	f, regular, err := outfile.Append(t.Context(), os.DevNull)
	require.NoError(t, err)
	require.False(t, regular)
	require.NoError(t, text("x")(f))
	require.NoError(t, f.Close())
	_, _, err = outfile.Append(t.Context(), t.TempDir())
	require.Error(t, err)
}

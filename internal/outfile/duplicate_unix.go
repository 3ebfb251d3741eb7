//go:build unix

package outfile

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// duplicate returns another handle of an open file, which writes where that one
// does.
func duplicate(descriptor int, name string) (*os.File, error) {
	n, err := unix.FcntlInt(uintptr(descriptor), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, &fs.PathError{Op: "write", Path: name, Err: err}
	}
	return os.NewFile(uintptr(n), name), nil
}

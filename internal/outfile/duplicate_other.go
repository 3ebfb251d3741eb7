//go:build !unix

package outfile

import (
	"io/fs"
	"os"
)

// duplicate refuses: only Unix names descriptors.
func duplicate(_ int, name string) (*os.File, error) {
	return nil, &fs.PathError{Op: "write", Path: name, Err: fs.ErrNotExist}
}

package outfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
)

// target is what a name leads to.
type target struct {
	path       string // no symbolic link
	descriptor int    // of this process, in place of path; -1: none
}

// descriptors are the names that systems give a process's own open files.
var descriptors = regexp.MustCompile(`^(?:/dev/fd|/proc/(?:self|thread-self|(\d+))/fd)/(\d+)$`)

// resolve follows symbolic links, to a file that need not be there. It stops at
// the process's own descriptors: their links say where they were opened, and
// whoever opens that again writes over what is there.
func resolve(name string) (target, error) {
	const most = 40 // as Linux
	for path, i := name, 0; i < most; i++ {
		if part := descriptors.FindStringSubmatch(filepath.Clean(path)); part != nil && (part[1] == "" || part[1] == strconv.Itoa(os.Getpid())) {
			n, err := strconv.Atoi(part[2])
			return target{descriptor: n}, err
		}
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode()&fs.ModeSymlink == 0 {
			return target{path: path, descriptor: -1}, nil
		}
		if err != nil {
			return target{}, err
		}
		link, err := os.Readlink(path)
		if err != nil {
			return target{}, err
		}
		if !filepath.IsAbs(link) {
			link = filepath.Dir(path) + string(filepath.Separator) + link // as it is: .. may follow a link
		}
		path = link
	}
	return target{}, &fs.PathError{Op: "write", Path: name, Err: syscall.ELOOP}
}

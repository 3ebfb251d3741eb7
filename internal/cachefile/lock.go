package cachefile

import (
	"errors"
	"os"
	"path/filepath"
)

// ErrLocked says that another process, or another part of this one, has the lock.
var ErrLocked = errors.New("the lock is taken")

// Lock is a file in the folder that one holder has at a time. The system gives it
// back when the holder's process ends, however it ends; the file stays.
type Lock struct{ file *os.File }

// TryLock takes a lock, or returns ErrLocked, or the system's error.
func TryLock(folder, name string) (*Lock, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	f, err := lockFile(filepath.Join(folder, name))
	if err != nil {
		return nil, err
	}
	return &Lock{f}, nil
}

// Unlock gives the lock back.
func (l *Lock) Unlock() error { return l.file.Close() }

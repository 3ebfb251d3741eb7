package cachefile

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile opens a file that nobody else can open meanwhile.
func lockFile(name string) (*os.File, error) {
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	const unshared = 0
	h, err := windows.CreateFile(path, windows.GENERIC_READ|windows.GENERIC_WRITE, unshared, nil, windows.OPEN_ALWAYS, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		return nil, ErrLocked
	} else if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), name), nil
}

//go:build cgo

package turbojpeg

/*
#cgo CFLAGS: -std=gnu11 -O2 -Wall
#cgo linux LDFLAGS: -ldl
#include "turbojpeg.h"
#include <stdlib.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"unsafe"
)

// Library is libjpeg-turbo as the system has it. It may be used by several
// goroutines.
type Library struct {
	handle *C.vkt_library
	path   string
}

// names are what the library is called, by system.
var names = map[string][]string{
	"windows": {"turbojpeg.dll", "libturbojpeg.dll"},
	"darwin":  {"libturbojpeg.0.dylib", "/opt/homebrew/lib/libturbojpeg.0.dylib", "/usr/local/lib/libturbojpeg.0.dylib", "libturbojpeg.dylib"},
}

// Load opens the library, once a process. The error is ErrNone with what the system
// says.
func Load() (*Library, error) { return load() }

var load = sync.OnceValues(func() (*Library, error) {
	list, ok := names[runtime.GOOS]
	if !ok {
		list = []string{"libturbojpeg.so.0", "libturbojpeg.so"}
	}
	return open(list)
})

// open opens the library by the first name under which there is one.
func open(list []string) (*Library, error) {
	const size = 1024
	text := (*C.char)(C.calloc(2, size))
	defer C.free(unsafe.Pointer(text))
	path := (*C.char)(unsafe.Add(unsafe.Pointer(text), size))
	c := (**C.char)(C.calloc(C.size_t(len(list)+1), C.size_t(unsafe.Sizeof(uintptr(0)))))
	defer C.free(unsafe.Pointer(c))
	for i, name := range list {
		n := C.CString(name)
		defer C.free(unsafe.Pointer(n))
		unsafe.Slice(c, len(list))[i] = n
	}
	runtime.LockOSThread() // the reason is the thread's
	defer runtime.UnlockOSThread()
	handle := C.vkt_load(c, text, size, path, size)
	if handle == nil {
		return nil, fmt.Errorf("%w: %s", ErrNone, C.GoString(text))
	}
	return &Library{handle, C.GoString(path)}, nil
}

// String says which library it is: "libturbojpeg.so.0.2.0 (TurboJPEG 2)".
func (l *Library) String() string {
	path := l.path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	api := 2
	if C.vkt_is3(l.handle) != 0 {
		api = 3
	}
	return fmt.Sprintf("%s (TurboJPEG %d)", filepath.Base(path), api)
}

// Decode decodes a file of at most so many scans to width x height pixels without
// padding. That must be the size of its picture, or, by eighths, of one scaled down
// to 4/8, 2/8 or 1/8. What the library merely warns of comes back as warning; dst
// then holds what could be decoded.
func (l *Library) Decode(dst, data []byte, width, height int, f Format, scans int) (warning string, err error) {
	if width < 1 || height < 1 || width > 0xffff || height > 0xffff || len(dst) != width*height*f.Bytes() || len(data) == 0 {
		return "", fmt.Errorf("%d bytes for %d x %d pixels", len(dst), width, height)
	}
	const size = 256
	text := (*C.char)(C.malloc(size))
	defer C.free(unsafe.Pointer(text))
	r := C.vkt_decode(l.handle, (*C.uchar)(&data[0]), C.size_t(len(data)), (*C.uchar)(&dst[0]), C.int(width), C.int(height), C.int(f), C.int(scans), text, size)
	switch {
	case r < 0:
		return "", errors.New(C.GoString(text))
	case r > 0:
		return C.GoString(text), nil
	}
	return "", nil
}

package gpu

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// largePages asks for the whole pages of memory to be large ones. That it may not be
// granted costs speed, and no more.
func largePages(memory []byte) {
	page := os.Getpagesize()
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(memory)))) & (page - 1)
	if whole := (len(memory) - skip) / page * page; whole > 0 {
		_ = unix.Madvise(memory[skip:skip+whole], unix.MADV_HUGEPAGE)
	}
}

//go:build !cgo

package vulkan

import (
	"fmt"
	"image"
	"time"
	"unsafe"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
	"github.com/vkeras/vkeras/shaders"
)

// Without cgo there is no Vulkan: Acquire says so, and since everything else is
// made of what it returns, nothing below it is ever made or called.

// errNone is why nothing can be made.
var errNone = fmt.Errorf("%w: %w", ErrNoVulkan, vkc.ErrNoCgo)

// Acquire returns ErrNoVulkan.
func Acquire(...string) (unsafe.Pointer, error) { return nil, errNone }

// Release does nothing.
func Release() {}

// Users returns 0.
func Users() int { return 0 }

// Validating returns false.
func Validating() bool { return false }

// ValidationMessages returns none.
func ValidationMessages() []string { return nil }

// List returns ErrNoVulkan.
func List(unsafe.Pointer) ([]Physical, error) { return nil, errNone }

// Device, and all that is made on one, has no values but nil.
type (
	Device struct{ Physical }
	Buffer struct {
		Bytes  int64
		Mapped []byte
	}
	View       struct{}
	Commands   struct{}
	Recorded   struct{}
	Recorder   struct{}
	Pipeline   struct{}
	Set        struct{}
	Sets       struct{}
	Timestamps struct{}
	Surface    struct{}
	Swapchain  struct{}
)

// The operations on them are there for package gpu to compile.

func (*Device) Inspect(shaders.Kernel, []byte) ([]Executable, error)      { return nil, errNone }
func Open(Physical, bool) (*Device, error)                                { return nil, errNone }
func (*Device) Close() error                                              { return errNone }
func (*Device) Wait()                                                     {}
func (*Device) MemoryInUse() (now, peak int64)                            { return 0, 0 }
func (*Device) RefreshCache()                                             {}
func (*Device) SaveCache()                                                {}
func (*Device) CacheData() []byte                                         { return nil }
func (*Device) NewBuffer(string, int64, ...uint32) (*Buffer, error)       { return nil, errNone }
func (*Device) NewCommands() (*Commands, error)                           { return nil, errNone }
func (*Device) NewSets(sets, texels, buffers int) (*Sets, error)          { return nil, errNone }
func (*Device) NewTimestamps(int) (*Timestamps, error)                    { return nil, errNone }
func (*Device) NewSwapchain(Surface) (*Swapchain, error)                  { return nil, errNone }
func (*Device) MakePipelines([]shaders.Kernel, map[string][]byte) error   { return errNone }
func (*Device) Pipeline(shaders.Kernel, []byte) (*Pipeline, error)        { return nil, errNone }
func (*Buffer) Free()                                                     {}
func (*Buffer) View(offset, bytes, texelBytes int64) (View, error)        { return View{}, errNone }
func (View) Free()                                                        {}
func (*Commands) Free()                                                   {}
func (*Commands) Record(bool, func(Recorder)) (Recorded, error)           { return Recorded{}, errNone }
func (*Commands) Discard(Recorded)                                        {}
func (*Commands) Run(Recorded) error                                      { return errNone }
func (*Commands) Submit(Recorded) error                                   { return errNone }
func (*Commands) Wait() error                                             { return errNone }
func (*Commands) Once(func(Recorder)) error                               { return errNone }
func (*Sets) Free()                                                       {}
func (*Sets) New(*Pipeline) (Set, error)                                  { return Set{}, errNone }
func (*Sets) Write(Set, []Argument)                                       {}
func (*Timestamps) Free()                                                 {}
func (*Timestamps) Read(int) ([]uint64, error)                            { return nil, errNone }
func (Recorder) Reset(*Timestamps)                                        {}
func (Recorder) Stamp(*Timestamps, int)                                   {}
func (Recorder) Barrier(Dependency)                                       {}
func (Recorder) Copy(from, to *Buffer, fromOffset, toOffset, bytes int64) {}
func (Recorder) Fill(*Buffer, int64, uint32)                              {}
func (Recorder) Bind(*Pipeline, Set, []byte)                              {}
func (Recorder) Dispatch([3]uint32)                                       {}
func (Recorder) BeginLabel(string)                                        {}
func (Recorder) EndLabel()                                                {}
func NewSurface(unsafe.Pointer, uint64) Surface                           { return Surface{} }
func (Surface) Free()                                                     {}
func (p Physical) Presenting(Surface) (Physical, bool)                    { return p, false }
func (*Swapchain) Free()                                                  {}
func (*Swapchain) Resize(image.Point) (image.Point, error)                { return image.Point{}, errNone }
func (*Swapchain) BlueFirst() bool                                        { return false }
func (*Swapchain) Show(*Commands, time.Duration, *Buffer, func(Recorder)) (shown, fits bool, err error) {
	return false, false, errNone
}

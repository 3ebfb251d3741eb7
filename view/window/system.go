//go:build window

package window

import (
	"errors"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"unsafe"

	"github.com/go-gl/glfw/v3.3/glfw"
)

// ErrNoWindow is a machine, or a session, that can show no windows.
var ErrNoWindow = errors.New("no window can be opened")

// start starts the window system.
func start() error {
	if runtime.GOOS == "linux" && os.Getenv("DISPLAY") == "" {
		return fmt.Errorf("%w: DISPLAY is not set, so there is no X server to open it on (vkeras maps and vkeras heat need none)", ErrNoWindow)
	}
	// GLFW's binding writes errors of the platform to the log and returns none.
	var said strings.Builder
	log.SetOutput(&said)
	err := glfw.Init()
	log.SetOutput(os.Stderr)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrNoWindow, err)
	case said.Len() > 0:
		_, why, _ := strings.Cut(strings.TrimSpace(said.String()), "PlatformError: ")
		return fmt.Errorf("%w: %s", ErrNoWindow, why)
	case !glfw.VulkanSupported():
		glfw.Terminate()
		return fmt.Errorf("%w: the window system finds no Vulkan loader", ErrNoWindow)
	}
	return nil
}

// surface makes the window's surface.
func (v *viewer) surface(instance unsafe.Pointer) (uint64, error) {
	if len(v.window.GetRequiredInstanceExtensions()) == 0 {
		return 0, fmt.Errorf("%w: no Vulkan driver here shows windows", ErrNoWindow)
	}
	// The binding returns the address of the handle, as a number that keeps
	// nothing alive: no collection may come between.
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	at, err := v.window.CreateWindowSurface((*byte)(instance), nil)
	if err != nil {
		return 0, err
	}
	return **(**uint64)(unsafe.Pointer(&at)), nil
}

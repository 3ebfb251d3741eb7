//go:build cgo

package vulkan

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
)

// instance is the process's one Vulkan instance, alive while somebody uses it:
// the binding's functions are process-wide, so a second would gain nothing.
var instance struct {
	sync.Mutex
	handle     unsafe.Pointer
	users      int
	extensions []string // asked for when it was made
	validating bool
}

// Acquire makes the instance, with these extensions, or adds a user to it, who
// calls Release.
func Acquire(extensions ...string) (unsafe.Pointer, error) {
	instance.Lock()
	defer instance.Unlock()
	if instance.users > 0 {
		for _, e := range extensions {
			if !slices.Contains(instance.extensions, e) {
				return nil, fmt.Errorf("a device is open without %s: a screen must be opened before it", e)
			}
		}
		instance.users++
		return instance.handle, nil
	}
	proc, err := vkc.Load()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoVulkan, err)
	}
	vk.SetGetInstanceProcAddr(proc)
	if err := vk.Init(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoVulkan, err)
	}
	if err := readable(os.LookupEnv); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoVulkan, err)
	}
	wanted := os.Getenv(ValidationVariable)
	handle, validating, err := vkc.CreateInstance(wanted == "1" || wanted == ValidationRequired, extensions)
	if err != nil {
		if named := namedDrivers(os.LookupEnv); named != nil {
			return nil, fmt.Errorf("%w: %w (the loader: %w)", ErrNoVulkan, named, err)
		}
		var r vkc.Result
		if errors.As(err, &r) && r == vkc.IncompatibleDriver {
			return nil, fmt.Errorf("%w: %w", ErrNoVulkan, err)
		}
		if broken := brokenManifest(os.Getenv); broken != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoVulkan, broken)
		}
		return nil, fail("make a Vulkan instance", err)
	}
	if wanted == ValidationRequired && !validating {
		vkc.DestroyInstance(handle)
		return nil, ErrNoValidation
	}
	if err := vk.InitInstance(vk.Instance(handle)); err != nil {
		vkc.DestroyInstance(handle)
		return nil, fmt.Errorf("make a Vulkan instance: %w", err)
	}
	instance.handle, instance.users, instance.validating, instance.extensions = handle, 1, validating, extensions
	return handle, nil
}

// Release drops a user of the instance and destroys it after the last.
func Release() {
	instance.Lock()
	defer instance.Unlock()
	if instance.users--; instance.users == 0 {
		vkc.DestroyInstance(instance.handle)
		instance.handle = nil
	}
}

// Users returns how many use the instance: 0 when there is none.
func Users() int {
	instance.Lock()
	defer instance.Unlock()
	return instance.users
}

// Validating reports whether the validation layer is on, now that a device is
// open.
func Validating() bool {
	instance.Lock()
	defer instance.Unlock()
	return instance.users > 0 && instance.validating
}

// ValidationMessages takes what the validation layer has said so far.
func ValidationMessages() []string { return vkc.Messages() }

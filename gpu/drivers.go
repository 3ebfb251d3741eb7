package gpu

import "github.com/vkeras/vkeras/gpu/internal/vulkan"

// Driver is a driver manifest, the JSON file by which the Vulkan loader finds a
// driver (Vulkan-Loader, docs/LoaderDriverInterface.md).
type Driver = vulkan.Driver

// Drivers lists the manifests where the loader looks for them on Linux, each
// with whether its library can be loaded. Elsewhere the list is empty.
func Drivers() []Driver { return vulkan.Drivers() }

// Library returns an error unless the shared library can be loaded.
func Library(name string) error { return vulkan.Library(name) }

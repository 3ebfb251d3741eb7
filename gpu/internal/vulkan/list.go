//go:build cgo

package vulkan

import (
	"unsafe"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
)

// List lists the devices that can compute, each once: in the loader's order,
// without those that a second driver offers again (same UUID). The instance must
// have been acquired.
func List(instance unsafe.Pointer) ([]Physical, error) {
	handles, err := vkc.PhysicalDevices(instance)
	if err != nil {
		return nil, fail("list Vulkan devices", err)
	}
	var all []Physical
	seen := map[[16]byte]bool{{}: false}
	for _, h := range handles {
		p := Physical{Info: vkc.Describe(h), handle: h}
		p.Family = computeFamily(p.QueueFamilies)
		if p.Family < 0 || seen[p.DeviceUUID] {
			continue
		}
		seen[p.DeviceUUID] = p.DeviceUUID != [16]byte{}
		all = append(all, p)
	}
	return all, nil
}

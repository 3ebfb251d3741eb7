package vulkan

import (
	"fmt"
	"unsafe"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
)

// Physical is a device that a driver offers.
type Physical struct {
	vkc.Info
	Family int // the queue family to compute on
	handle unsafe.Pointer
}

// PCI is where a device is on the PCI bus.
type PCI = vkc.PCI

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

// UUID returns 32 hexadecimal digits; zeros where the driver has none.
func (p Physical) UUID() string { return fmt.Sprintf("%x", p.DeviceUUID) }

// Timestamps reports whether the queue family has them.
func (p Physical) Timestamps() bool { return p.QueueFamilies[p.Family].TimestampBits > 0 }

// computeFamily returns the queue family to compute on: one that also has
// timestamps if there is, -1 if none computes.
func computeFamily(families []vkc.QueueFamily) int {
	const compute = 2
	best := -1
	for i, f := range families {
		if f.Flags&compute == 0 || f.Queues == 0 {
			continue
		}
		if best < 0 || families[best].TimestampBits == 0 && f.TimestampBits > 0 {
			best = i
		}
	}
	return best
}

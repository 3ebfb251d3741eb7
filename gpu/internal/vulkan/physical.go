package vulkan

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
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

// Executable is a piece of machine code that a driver made of a kernel.
type Executable = vkc.Executable

// UUID returns 32 hexadecimal digits; zeros where the driver has none.
func (p Physical) UUID() string { return fmt.Sprintf("%x", p.DeviceUUID) }

// CompilesOnly reports whether a driver pretends a device that is not there, to
// compile for it: Mesa's RADV with RADV_FORCE_FAMILY calls it "Null hardware", on
// no bus; such devices have no memory. What is submitted to one crashes in the
// driver (Mesa 22.3.6).
func (p Physical) CompilesOnly() bool {
	for _, h := range p.Heaps {
		if h.Bytes > 0 && !strings.Contains(strings.ToLower(p.Name), "null hardware") {
			return false
		}
	}
	return true
}

// BreaksOnHalf reports whether the driver, which runs on the processor, ends the process
// where it compiles float16: Mesa's llvmpipe on arm64 lets LLVM extend 16-bit integers as
// if they were float16. It was seen of Mesa 22.3.6, and not of 25.0.7, as far as that was
// tried; the bound between the two is a guess.
func (p Physical) BreaksOnHalf(architecture string) bool {
	if architecture != "arm64" || p.DriverName != "llvmpipe" {
		return false
	}
	version, found := strings.CutPrefix(p.DriverInfo, "Mesa ")
	major, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(major)
	return found && err == nil && n < 23
}

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

// Ticker returns what tells the time between two timestamps. Those have as many
// bits as the queue family says, and wrap around.
func (p Physical) Ticker() func(from, to uint64) time.Duration {
	mask := ^uint64(0)
	if bits := p.QueueFamilies[p.Family].TimestampBits; bits < 64 {
		mask = 1<<bits - 1
	}
	period := p.TimestampNanoseconds
	return func(from, to uint64) time.Duration { return time.Duration(float64((to-from)&mask) * period) }
}

// DriverKey is what a driver's results depend on besides the kernels: the device,
// the driver and its version.
func (p Physical) DriverKey() []byte {
	key := binary.LittleEndian.AppendUint32([]byte("pipelines\x00"), p.VendorID)
	for _, v := range []uint32{p.DeviceID, p.DriverID, p.DriverVersion, p.APIVersion} {
		key = binary.LittleEndian.AppendUint32(key, v)
	}
	key = append(key, p.CacheUUID[:]...)
	key = append(key, p.DriverUUID[:]...)
	return append(key, p.DriverName+"\x00"+p.DriverInfo...)
}

// CacheName is the file's name: one a device, so that a driver's update
// replaces what its predecessor left.
func (p Physical) CacheName() string {
	return fmt.Sprintf("pipelines-%04x-%04x-%s.bin", p.VendorID, p.DeviceID, p.UUID())
}

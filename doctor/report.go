package doctor

import (
	"strings"

	"github.com/vkeras/vkeras/gpu"
)

// Schema names the form of a [Report] as JSON.
const Schema = "vkeras.doctor/1"

// Report is what [Examine] finds.
type Report struct {
	Schema  string   `json:"schema"`
	Healthy bool     `json:"healthy"` // a device can be used, and no kernel is wrong
	Drivers []Driver `json:"drivers"`
	Devices []Device `json:"devices"`
	Causes  []Cause  `json:"causes"` // of a GPU's absence; none where there is one
	JPEG    JPEG     `json:"jpeg"`
	Error   string   `json:"error,omitempty"`

	// Err is why no device can be used, nil where one can: Error in other words.
	Err error `json:"-"`
}

// JPEG is what decodes JPEG files.
type JPEG struct {
	Decoder string `json:"decoder"`         // with its version
	Error   string `json:"error,omitempty"` // why it is not libjpeg-turbo
}

// Driver is a driver's manifest, and whether the loader can use it.
type Driver struct {
	File    string `json:"file"`
	Library string `json:"library"`
	Error   string `json:"error,omitempty"`
}

// Device is a device with what follows from its limits, and how its kernels did.
type Device struct {
	Description
	Means   []Consequence `json:"means"`
	Kernels []Kernel      `json:"kernels"`
	Error   string        `json:"error,omitempty"`
}

// Cases is how many cases the device's kernels were tried on.
func (d Device) Cases() (n int) {
	for _, k := range d.Kernels {
		n += k.Cases
	}
	return n
}

// Description is a device's identity and limits.
type Description struct {
	Index             int    `json:"index"`
	Default           bool   `json:"default"` // it is taken where none is named
	Name              string `json:"name"`
	Type              string `json:"type"`
	Driver            string `json:"driver"`
	API               string `json:"vulkan"`
	UUID              string `json:"uuid"`
	PCI               string `json:"pci,omitempty"`
	MemoryBytes       int64  `json:"memory_bytes"`
	Subgroup          int    `json:"subgroup_size"`
	SharedMemoryBytes int    `json:"shared_memory_bytes"`
	MaxStorageBytes   int64  `json:"max_storage_buffer_bytes"`
	Timestamps        bool   `json:"timestamps"`
	Half              bool   `json:"float16"`
	CooperativeMatrix bool   `json:"cooperative_matrix"`
	CompilesOnly      bool   `json:"compiles_only,omitempty"` // it computes nothing
}

// Kernel is how a kernel did against the reference.
type Kernel struct {
	Name   string `json:"kernel"`
	Cases  int    `json:"cases"`
	Passed bool   `json:"passed"`
	Error  string `json:"error,omitempty"`
}

// Cause is a reason why Vulkan offers no GPU, found on this system, and what to
// do about it.
type Cause struct {
	Finding string `json:"finding"`
	Advice  string `json:"advice"`
}

// Describe describes a device; best says that it is the one that is taken where
// none is named.
func Describe(d gpu.Info, best bool) Description {
	return Description{d.Index, best, d.Name, string(d.Type), d.Driver, d.API, d.UUID, d.PCI, d.Memory, d.Subgroup,
		d.SharedMemoryBytes, d.MaxStorageBytes, d.Timestamps, d.Half, d.CooperativeMatrix, d.CompilesOnly}
}

// message writes an error in one line, "" for none.
func message(err error) string {
	if err == nil {
		return ""
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

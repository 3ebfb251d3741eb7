package paper

import (
	"fmt"
	"strings"

	"github.com/vkeras/vkeras/gpu/internal/lower"
)

// Device is a GPU by its published limits.
type Device struct {
	Family string  // whose machine code it runs: see Code
	Name   string  // of a card
	Source string  // where the limits were published
	Units  int     // compute units, each of 64 multiply-accumulates a cycle
	GHz    float64 // boost clock
	GBs    float64 // of memory, billions of bytes a second

	simds  int // of a compute unit, which share its 64 lanes
	issue  int // cycles that an instruction of a wave of 64 takes one of them
	halves int // by which Use.Waves counts waves of 64 double
}

// Devices lists the devices on paper. Units, clocks and bandwidths are those of
// AMD's product pages; how many lanes a SIMD has is in its instruction set
// architecture documents ("Vega", section 2.2; RDNA white paper, 2019, page 9).
func Devices() []Device {
	gcn := Device{simds: 4, issue: 4, halves: 1}
	rdna := Device{simds: 2, issue: 2, halves: 2}
	with := func(d Device, family, name, page string, units int, ghz, gbs float64) Device {
		d.Family, d.Name, d.Source, d.Units, d.GHz, d.GBs = family, name, "amd.com, "+page, units, ghz, gbs
		return d
	}
	return []Device{
		with(gcn, "vega10", "Radeon RX Vega 64", "product page of the Radeon RX Vega 64", 64, 1.546, 483.8),
		with(rdna, "navi10", "Radeon RX 5700 XT", "product page of the Radeon RX 5700 XT", 40, 1.905, 448),
		with(rdna, "navi21", "Radeon RX 6800", "product page of the Radeon RX 6800", 60, 2.105, 512),
	}
}

// Named returns the device of that family or name.
func Named(name string) (Device, error) {
	for _, d := range Devices() {
		if strings.EqualFold(d.Family, name) || strings.EqualFold(d.Name, name) {
			return d, nil
		}
	}
	return Device{}, fmt.Errorf("no device %q on paper: expected %s", name, strings.Join(Names(), ", "))
}

// Names lists the families of the devices on paper.
func Names() []string {
	var names []string
	for _, d := range Devices() {
		names = append(names, d.Family)
	}
	return names
}

// unpublished is the clock that is assumed of GPUs whose limits are not listed here.
const unpublished = 1.5 // GHz

// For returns the GPU that a driver calls by this name. One that is not listed runs
// navi21's machine code, and has as many units as its measured roof amounts to:
// GFLOP/s of float32, GB/s.
func For(name string, gflops, gbs float64) Device {
	known := Devices()
	for _, d := range known {
		if strings.Contains(strings.ToLower(name), d.Family) {
			return d
		}
	}
	d := known[len(known)-1]
	const rate = 2 * 64 // of a unit, in FLOP a cycle
	d.Name, d.Source, d.GBs = name, "its measured roof", gbs
	d.Units = max(1, int(gflops/(rate*unpublished)+0.5))
	d.GHz = gflops / (rate * float64(d.Units))
	return d
}

// String names the device as messages do.
func (d Device) String() string {
	return fmt.Sprintf("%s on paper (%s: %d units, %.2f GHz, %.0f GB/s)", d.Name, d.Family, d.Units, d.GHz, d.GBs)
}

// limits are those that RADV states of such a device (Mesa 22.3.6).
func (d Device) limits() lower.Limits {
	const most = 1<<32 - 1
	return lower.Limits{
		Name: d.Name, GPU: true, Cores: d.Units,
		StorageAlignment: 4, TexelAlignment: 4, MaxStorageRange: most, MaxTexelElements: most,
		MaxGroupCount: [3]int{65535, 65535, 65535}, MaxGroupSize: [3]int{1024, 1024, 1024}, MaxGroupInvocations: 1024, MaxSharedBytes: 64 << 10,
		SubgroupSize: 64, SubgroupMin: 64 / d.halves, SubgroupMax: 64, SubgroupStages: 0x20, SubgroupOperations: 0xff, SizeControl: d.halves > 1,
		Storage16: true, Float16: true, RGBA32FTexels: true, RGBA16FTexels: true,
	}
}

package gpu

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/vkeras/vkeras/gpu/internal/vulkan"
)

// Type is the kind of a device.
type Type string

// The kinds, in the order in which Open prefers them.
const (
	Discrete   Type = "discrete GPU"
	Integrated Type = "integrated GPU"
	Virtual    Type = "virtual GPU"
	CPU        Type = "CPU"
	Other      Type = "other"
)

// types are VkPhysicalDeviceType's values.
var types = []Type{Other, Integrated, Discrete, Virtual, CPU}

// GPU reports whether the device is one, and not a driver that runs on the CPU.
func (t Type) GPU() bool { return t == Discrete || t == Integrated || t == Virtual }

// Info says what a device is.
type Info struct {
	Index      int    // its place in Devices
	Name       string // "NVIDIA H200", "llvmpipe (LLVM 15.0.6, 256 bits)"
	Type       Type
	Driver     string // name and version, as the driver gives them
	API        string // highest Vulkan version
	UUID       string // 32 hexadecimal digits; zeros where the driver has none
	PCI        string // address, "0000:65:00.0"; "" where the driver does not tell
	Memory     int64  // bytes of its largest device-local heap
	Subgroup   int    // invocations
	Timestamps bool   // its compute queue has timestamps

	// CompilesOnly says that nothing is behind the driver's compiler: it computes
	// nothing, and is never chosen unless Choice.Compiles says so.
	CompilesOnly bool

	MaxStorageBytes   int64 // one binding of a storage buffer
	SharedMemoryBytes int
	MaxGroup          int // invocations a work group
	Half              bool
	CooperativeMatrix bool

	physical vulkan.Physical
}

// String names the device as messages do.
func (i Info) String() string { return fmt.Sprintf("%s (%s)", i.Name, i.Kind()) }

// Kind is the type for people, who are to see whether the device computes.
func (i Info) Kind() string {
	if i.CompilesOnly {
		return string(i.Type) + ", compiles only"
	}
	return string(i.Type)
}

// Physical is for package draw: the device as the driver offers it.
func (i Info) Physical() vulkan.Physical { return i.physical }

// Selector returns the Choice.Name that means this device and no other.
func (i Info) Selector() string { return strconv.Itoa(i.Index) }

// Devices lists the devices that can compute, each once: in the loader's
// order, without those that a second driver offers again (same UUID).
func Devices() ([]Info, error) {
	instance, err := vulkan.Acquire()
	if err != nil {
		return nil, err
	}
	defer vulkan.Release()
	return list(instance)
}

func list(instance unsafe.Pointer) ([]Info, error) {
	physical, err := vulkan.List(instance)
	if err != nil {
		return nil, err
	}
	var all []Info
	for _, p := range physical {
		all = append(all, describe(len(all), p))
	}
	return all, nil
}

// typeOf returns what kind of device the driver says that it is.
func typeOf(p vulkan.Physical) Type {
	if int(p.Type) < len(types) {
		return types[p.Type]
	}
	return Other
}

func describe(index int, p vulkan.Physical) Info {
	info := Info{
		Index: index, Name: p.Name, Type: typeOf(p), Driver: driverOf(p), API: version(p.APIVersion),
		UUID: p.UUID(), Subgroup: p.SubgroupSize, Timestamps: p.Timestamps(),
		MaxStorageBytes: p.MaxStorageRange, SharedMemoryBytes: p.MaxSharedBytes, MaxGroup: p.MaxGroupInvocations,
		Half: p.Float16 && p.Storage16 && !p.BreaksOnHalf(runtime.GOARCH), CooperativeMatrix: p.CooperativeMatrix,
		CompilesOnly: p.CompilesOnly(),
		physical:     p,
	}
	if p.PCI != nil {
		info.PCI = pciText(*p.PCI)
	}
	for _, h := range p.Heaps {
		const deviceLocal = 1
		if h.Flags&deviceLocal != 0 {
			info.Memory = max(info.Memory, int64(h.Bytes))
		}
	}
	return info
}

// driverOf returns the driver's name and version.
func driverOf(p vulkan.Physical) string {
	if p.DriverName == "" {
		return version(p.DriverVersion)
	}
	return strings.TrimSpace(p.DriverName + " " + p.DriverInfo)
}

func version(v uint32) string { return fmt.Sprintf("%d.%d.%d", v>>22&0x7f, v>>12&0x3ff, v&0xfff) }

// Choice says which device to open.
type Choice struct {
	// "": the best; a number: its Index; "uuid:..." and "pci:[DDDD:]BB:DD.F": by UUID
	// and by PCI address, hexadecimal; else, or after "name:", a part of the name, in
	// any case.
	Name       string
	RequireGPU bool // refuse drivers that run on the CPU
	Compiles   bool // take devices that only compile, too: for Inspect
}

// Default chooses the best device: discrete, then integrated, then virtual
// GPUs, then drivers that run on the CPU.
func Default() Choice { return Choice{} }

// Pick returns the device of the list that the choice means.
func (c Choice) Pick(all []Info) (Info, error) {
	if len(all) == 0 {
		return Info{}, fmt.Errorf("%w: the loader is there, but lists no device that computes", ErrNoVulkan)
	}
	matches, err := c.matcher()
	if err != nil {
		return Info{}, err
	}
	candidates := slices.DeleteFunc(slices.Clone(all), func(i Info) bool { return !matches(i) })
	if len(candidates) == 0 {
		return Info{}, c.absent(all)
	}
	computing := slices.DeleteFunc(slices.Clone(candidates), func(i Info) bool { return i.CompilesOnly && !c.Compiles })
	if len(computing) == 0 {
		return Info{}, fmt.Errorf("%s: %w", candidates[0].Name, ErrCompilesOnly)
	}
	candidates = computing
	order := []Type{Discrete, Integrated, Virtual, CPU, Other}
	best := slices.MinFunc(candidates, func(a, b Info) int { return slices.Index(order, a.Type) - slices.Index(order, b.Type) })
	if c.RequireGPU && !best.Type.GPU() {
		return Info{}, fmt.Errorf("%w: the best is %s", ErrNotGPU, best)
	}
	return best, nil
}

// absent says that none of the devices is meant, and how each can be named.
func (c Choice) absent(all []Info) error {
	var names []string
	told := false
	for _, i := range all {
		name := fmt.Sprintf("%d: %s", i.Index, i)
		if i.PCI != "" {
			name, told = name+" at "+pciPrefix+i.PCI, true
		}
		names = append(names, name)
	}
	why := ""
	if strings.HasPrefix(c.Name, pciPrefix) && !told {
		why = " (no driver here tells a PCI address)"
	}
	return fmt.Errorf("%w: %q%s; there is %s", ErrNoDevice, c.Name, why, strings.Join(names, ", "))
}

// The beginnings of names that say what they are.
const (
	uuidPrefix = "uuid:"
	pciPrefix  = "pci:"
	namePrefix = "name:"
)

// matcher returns whether a device is meant.
func (c Choice) matcher() (func(Info) bool, error) {
	if uuid, ok := strings.CutPrefix(c.Name, uuidPrefix); ok {
		return func(i Info) bool { return strings.EqualFold(strings.ReplaceAll(uuid, "-", ""), i.UUID) }, nil
	}
	if address, ok := strings.CutPrefix(c.Name, pciPrefix); ok {
		at, err := parsePCI(address)
		if err != nil {
			return nil, fmt.Errorf("%w: %q: %w", ErrNoDevice, c.Name, err)
		}
		return func(i Info) bool { return i.PCI == pciText(at) }, nil
	}
	if n, err := strconv.Atoi(c.Name); err == nil {
		return func(i Info) bool { return n == i.Index }, nil
	}
	part := strings.ToLower(strings.TrimPrefix(c.Name, namePrefix))
	return func(i Info) bool { return strings.Contains(strings.ToLower(i.Name), part) }, nil
}

package gpu

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/vkeras/vkeras/gpu/internal/vulkan"
)

// errPCI is a text that is no PCI address.
var errPCI = errors.New("expected [DDDD:]BB:DD.F in hexadecimal, domain, bus, device, function, such as 0000:65:00.0")

// pciAddress is an address as lspci and nvidia-smi write it: the latter gives the
// domain eight digits.
var pciAddress = regexp.MustCompile(`^(?:([0-9a-fA-F]{4,8}):)?([0-9a-fA-F]{2}):([0-9a-fA-F]{2})\.([0-7])$`)

// parsePCI reads an address; without a domain it is in domain 0.
func parsePCI(text string) (vulkan.PCI, error) {
	words := pciAddress.FindStringSubmatch(text)
	if words == nil {
		return vulkan.PCI{}, errPCI
	}
	var n [4]uint32
	for i, w := range words[1:] {
		v, _ := strconv.ParseUint("0"+w, 16, 32) // hexadecimal digits, few enough
		n[i] = uint32(v)
	}
	const devices = 32 // of a bus
	if n[2] >= devices {
		return vulkan.PCI{}, errPCI
	}
	return vulkan.PCI{Domain: n[0], Bus: n[1], Device: n[2], Function: n[3]}, nil
}

// pciText writes an address as lspci -D does.
func pciText(p vulkan.PCI) string {
	return fmt.Sprintf("%04x:%02x:%02x.%x", p.Domain, p.Bus, p.Device, p.Function)
}

package main

import (
	"bytes"
	"debug/macho"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
)

const macFolder = "bin/portability/macos/"

// macos looks at the programs for macOS that build.sh built: none can be run here.
func macos(t *trial) error {
	t.place.On = "programs built by Zig's C compiler (Python's package ziglang) without Apple's SDK; the binding of Vulkan is not linked to MoltenVK and the frameworks for windows that it names, for vkeras opens the one at run time and uses none of the others"
	if out, err := t.run(command{args: []string{"bin/zig/bin/python", "-m", "ziglang", "version"}}); err == nil {
		t.place.On = strings.Replace(t.place.On, "Zig's C compiler", "Zig "+strings.TrimSpace(out.stdout)+"'s C compiler", 1)
	}
	for _, m := range []struct {
		name string
		cpu  macho.Cpu
	}{{"arm64", macho.CpuArm64}, {"amd64", macho.CpuAmd64}} {
		t.do("vkeras for macOS on "+m.name+" is built, with Vulkan and native code (cgo)", func() (string, error) { return mach(macFolder+"vkeras-darwin-"+m.name, m.cpu, true) })
		t.do("the same on "+m.name+" without cgo: the reference and the native engine's Go alone", func() (string, error) { return mach(macFolder+"vkeras-darwin-"+m.name+"-nocgo", m.cpu, false) })
	}
	t.skip("a Mac: any of these programs, MoltenVK, Metal", "no such machine was at hand")
	return nil
}

// signature is the load command of a code signature, without which arm64 runs nothing.
const signature = 0x1d

// mach checks that a file is a program for the processor, signed, and linked to what
// every Mac has.
func mach(file string, cpu macho.Cpu, vulkan bool) (string, error) {
	f, err := macho.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if f.Cpu != cpu || f.Type != macho.TypeExec {
		return "", fmt.Errorf("it is a %v for %v", f.Type, f.Cpu)
	}
	libraries, err := f.ImportedLibraries()
	if err != nil {
		return "", err
	}
	for _, l := range libraries {
		if !strings.HasPrefix(l, "/usr/lib/") && !strings.HasPrefix(l, "/System/Library/") {
			return "", fmt.Errorf("it is linked to %s", l)
		}
	}
	signed := false
	for _, l := range f.Loads {
		signed = signed || binary.LittleEndian.Uint32(l.Raw()) == signature
	}
	if cpu == macho.CpuArm64 && !signed {
		return "", fmt.Errorf("it is not signed")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	for _, name := range []string{"libvulkan.1.dylib", "libMoltenVK.dylib"} {
		if bytes.Contains(text, []byte(name)) != vulkan {
			return "", fmt.Errorf("that it opens %s: %v, not %v", name, !vulkan, vulkan)
		}
	}
	says := fmt.Sprintf("Mach-O, %.0f MB, linked to %s", float64(len(text))/1e6, strings.Join(libraries, ", "))
	if vulkan {
		says += "; it opens the Vulkan loader or MoltenVK at run time"
	}
	return says, nil
}

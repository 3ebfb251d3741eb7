package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/gpu"
)

// system is what is looked at for the causes of a missing GPU.
type system struct {
	root    string // "/", but in tests
	env     func(string) string
	library func(string) error // whether a shared library loads
	drivers []gpu.Driver
}

func thisSystem() system { return system{"/", os.Getenv, gpu.Library, gpu.Drivers()} }

// causes looks for the usual reasons, most certain first.
func (s system) causes() []Cause {
	var found []Cause
	for _, check := range []func() *Cause{
		s.noLoader, s.driverFilesChosen, s.driversFiltered, s.nvidiaCapabilities, s.nvidiaLibraries, s.nvidiaVersions, s.nvidiaManifest,
		s.brokenManifest, s.missingManifest, s.renderPermission, s.noRenderNode, s.wsl,
	} {
		if c := check(); c != nil {
			found = append(found, *c)
		}
	}
	if len(found) > 0 {
		return found
	}
	if nodes := s.renderNodes(); len(nodes) > 0 || s.hasNvidia() {
		return []Cause{{"there is a GPU's device file, its driver can be loaded, and still Vulkan does not list it",
			"The GPU may be too old for Vulkan, or the driver not of the kernel's version: `VK_LOADER_DEBUG=error,driver vulkaninfo` says what the driver says."}}
	}
	return []Cause{{"no sign of a GPU: no /dev/nvidia0, no /dev/dri/renderD*", "If this machine has one, install its kernel driver; in a container or virtual machine, pass the GPU through."}}
}

// noLoader: nothing of Vulkan is there.
func (s system) noLoader() *Cause {
	if err := s.library("libvulkan.so.1"); err == nil || s.library("libvulkan.so") == nil {
		return nil
	}
	return &Cause{"the Vulkan loader, libvulkan.so.1, is missing", "Debian, Ubuntu: apt install libvulkan1; Fedora: dnf install vulkan-loader."}
}

// driversFiltered: the loader was told to leave drivers out.
func (s system) driversFiltered() *Cause {
	for _, name := range []string{"VK_LOADER_DRIVERS_DISABLE", "VK_LOADER_DRIVERS_SELECT"} {
		if v := s.env(name); v != "" {
			return &Cause{fmt.Sprintf("%s is set to %s: the loader leaves drivers out", name, v), "Unset it, or let the GPU's driver pass."}
		}
	}
	return nil
}

func (s system) path(name string) string { return filepath.Join(s.root, name) }

func (s system) exists(name string) bool {
	_, err := os.Stat(s.path(name))
	return err == nil
}

func (s system) container() bool {
	return s.exists(".dockerenv") || s.exists("run/.containerenv") || s.env("container") != ""
}

// hasNvidia reports whether NVIDIA's kernel driver is there.
func (s system) hasNvidia() bool { return s.exists("dev/nvidia0") || s.exists("dev/nvidiactl") }

// driverFilesChosen: the user's own environment hides drivers.
func (s system) driverFilesChosen() *Cause {
	for _, name := range []string{"VK_DRIVER_FILES", "VK_ICD_FILENAMES"} {
		if v := s.env(name); v != "" {
			return &Cause{fmt.Sprintf("%s is set to %s: the loader looks at nothing else", name, v), "Unset it, or add the GPU's driver file."}
		}
	}
	return nil
}

// nvidiaCapabilities: a container was given the GPU for CUDA alone.
func (s system) nvidiaCapabilities() *Cause {
	capabilities := s.env("NVIDIA_DRIVER_CAPABILITIES")
	given := strings.Split(capabilities, ",")
	if !s.hasNvidia() || !s.container() || slices.Contains(given, "graphics") || slices.Contains(given, "all") {
		return nil
	}
	if capabilities == "" {
		capabilities = "not set (compute and utility)"
	}
	return &Cause{"the container has an NVIDIA GPU, but NVIDIA_DRIVER_CAPABILITIES is " + capabilities + ": Vulkan's part of the driver is not mounted",
		"Start it with --gpus all -e NVIDIA_DRIVER_CAPABILITIES=all (or a list with graphics in it)."}
}

// nvidiaLibraries: the driver's library is there, but what it needs is not.
func (s system) nvidiaLibraries() *Cause {
	if !s.hasNvidia() || s.nvidiaCapabilities() != nil {
		return nil
	}
	err := s.library("libGLX_nvidia.so.0")
	if err == nil {
		return nil
	}
	for _, need := range []struct{ library, pkg string }{{"libX11.so.6", "libx11-6"}, {"libXext.so.6", "libxext6"}, {"libEGL.so.1", "libegl1"}} {
		if missing := s.library(need.library); missing != nil {
			return &Cause{"NVIDIA's driver needs " + need.library + ", which is missing", "Debian, Ubuntu: apt install " + need.pkg}
		}
	}
	return &Cause{"NVIDIA's Vulkan library cannot be loaded: " + err.Error(), "Install the user-space part of the driver, of the same version as the kernel's."}
}

// nvidiaManifest: everything is there but the file that says so.
func (s system) nvidiaManifest() *Cause {
	if !s.hasNvidia() || s.library("libGLX_nvidia.so.0") != nil || s.env("VK_DRIVER_FILES") != "" || s.env("VK_ICD_FILENAMES") != "" {
		return nil
	}
	if s.hasManifest("nvidia_icd*.json") {
		return nil
	}
	return &Cause{"NVIDIA's Vulkan library is there, but no nvidia_icd.json points to it",
		`Write /etc/vulkan/icd.d/nvidia_icd.json: {"file_format_version": "1.0.0", "ICD": {"library_path": "libGLX_nvidia.so.0", "api_version": "1.3.0"}}`}
}

// manifestFolders are where drivers' packages put their manifests.
var manifestFolders = []string{"etc/vulkan/icd.d", "usr/share/vulkan/icd.d", "usr/local/share/vulkan/icd.d"}

// hasManifest reports whether a manifest matches one of the patterns.
func (s system) hasManifest(patterns ...string) bool {
	for _, folder := range manifestFolders {
		for _, pattern := range patterns {
			if found, _ := filepath.Glob(s.path(filepath.Join(folder, pattern))); len(found) > 0 {
				return true
			}
		}
	}
	return false
}

// nvidiaVersions: the libraries are those of another driver than the kernel's, as
// after an update without a restart.
func (s system) nvidiaVersions() *Cause {
	text, err := os.ReadFile(s.path("proc/driver/nvidia/version"))
	if err != nil {
		return nil
	}
	kernel := regexp.MustCompile(`Module(?: for \S+)?\s+(\d+(?:\.\d+)+)`).FindStringSubmatch(string(text))
	var libraries []string
	for _, folder := range []string{"usr/lib/*", "usr/lib64", "usr/lib"} {
		found, _ := filepath.Glob(s.path(filepath.Join(folder, "libGLX_nvidia.so.*.*")))
		for _, f := range found {
			libraries = append(libraries, strings.TrimPrefix(filepath.Base(f), "libGLX_nvidia.so."))
		}
	}
	if kernel == nil || len(libraries) == 0 || slices.Contains(libraries, kernel[1]) {
		return nil
	}
	return &Cause{fmt.Sprintf("NVIDIA's kernel driver is %s, its libraries are %s", kernel[1], strings.Join(libraries, ", ")), "Restart the machine after the update, or install the libraries of the kernel driver's version; a container must mount the host's."}
}

// brokenManifest: a GPU's driver is installed, but its library does not load.
func (s system) brokenManifest() *Cause {
	for _, d := range s.drivers {
		if d.Err != nil {
			return &Cause{fmt.Sprintf("the driver file %s is of no use: %s", d.File, message(d.Err)), "Reinstall that driver's package, with what its library needs (`ldd` lists it)."}
		}
	}
	return nil
}

// renderNodes returns the GPUs' device files, as names in /dev/dri.
func (s system) renderNodes() []string {
	nodes, _ := filepath.Glob(s.path("dev/dri/renderD*"))
	for i, n := range nodes {
		nodes[i] = filepath.Base(n)
	}
	return nodes
}

// makers are the vendors of GPUs by PCI number, with the manifests and the
// packages of their drivers.
var makers = map[string]struct {
	name      string
	manifests []string
	advice    string
}{
	"0x1002": {"AMD", []string{"radeon_icd*.json", "amd_icd*.json"}, "Debian, Ubuntu: apt install mesa-vulkan-drivers; Fedora: dnf install mesa-vulkan-drivers."},
	"0x8086": {"Intel", []string{"intel_icd*.json", "intel_hasvk_icd*.json"}, "Debian, Ubuntu: apt install mesa-vulkan-drivers; Fedora: dnf install mesa-vulkan-drivers."},
	"0x10de": {"NVIDIA", []string{"nvidia_icd*.json", "nvidia_layers*.json", "nouveau_icd*.json"}, "Install NVIDIA's driver, or Mesa 24.1 or newer for its own (nouveau, NVK)."},
}

// missingManifest: there is a GPU, but no Vulkan driver of its maker.
func (s system) missingManifest() *Cause {
	for _, node := range s.renderNodes() {
		id, err := os.ReadFile(s.path("sys/class/drm/" + node + "/device/vendor"))
		if err != nil {
			continue
		}
		if m, ok := makers[strings.TrimSpace(string(id))]; ok && !s.hasManifest(m.manifests...) {
			return &Cause{fmt.Sprintf("/dev/dri/%s is a GPU by %s, but no driver file of its Vulkan driver is installed", node, m.name), m.advice}
		}
	}
	return nil
}

// renderPermission: the device files are there, but not for this user.
func (s system) renderPermission() *Cause {
	for _, node := range s.renderNodes() {
		node = s.path("dev/dri/" + node)
		f, err := os.OpenFile(node, os.O_RDWR, 0)
		if err == nil {
			f.Close()
			continue
		}
		if os.IsPermission(err) {
			return &Cause{node + " may not be opened by this user", "Add the user to the group that owns it (render or video) and log in again."}
		}
	}
	return nil
}

// noRenderNode: a container without the host's GPU.
func (s system) noRenderNode() *Cause {
	if !s.container() || s.hasNvidia() || s.exists("dev/dri") || s.exists("dev/dxg") {
		return nil
	}
	return &Cause{"this is a container without any GPU device", "Start it with --device /dev/dri (AMD, Intel) or --gpus all (NVIDIA, with its container toolkit)."}
}

// wsl: Windows' GPU is there, but Mesa's driver for it is not.
func (s system) wsl() *Cause {
	if !s.exists("dev/dxg") || s.library("libvulkan_dzn.so") == nil {
		return nil
	}
	return &Cause{"this is WSL with a GPU (/dev/dxg), but Mesa's dzn driver is missing", "Install a Mesa that has it (Ubuntu: the kisak-mesa packages), or run the Windows build."}
}

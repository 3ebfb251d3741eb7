package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// cause is a reason why Vulkan offers no GPU, found on this system, and what to
// do about it.
type cause struct {
	Finding string `json:"finding"`
	Advice  string `json:"advice"`
}

// causes looks for the usual reasons, most certain first.
func (s system) causes() []cause {
	var found []cause
	for _, check := range []func() *cause{s.driverFilesChosen, s.nvidiaCapabilities, s.nvidiaLibraries, s.nvidiaManifest, s.renderPermission, s.noRenderNode, s.wsl} {
		if c := check(); c != nil {
			found = append(found, *c)
		}
	}
	if len(found) == 0 {
		found = append(found, cause{"no sign of a GPU: no /dev/nvidia0, no /dev/dri", "If this machine has one, install its kernel driver; in a container or virtual machine, pass the GPU through."})
	}
	return found
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
func (s system) driverFilesChosen() *cause {
	for _, name := range []string{"VK_DRIVER_FILES", "VK_ICD_FILENAMES"} {
		if v := s.env(name); v != "" {
			return &cause{fmt.Sprintf("%s is set to %s: the loader looks at nothing else", name, v), "Unset it, or add the GPU's driver file."}
		}
	}
	return nil
}

// nvidiaCapabilities: a container was given the GPU for CUDA alone.
func (s system) nvidiaCapabilities() *cause {
	capabilities := s.env("NVIDIA_DRIVER_CAPABILITIES")
	given := strings.Split(capabilities, ",")
	if !s.hasNvidia() || !s.container() || slices.Contains(given, "graphics") || slices.Contains(given, "all") {
		return nil
	}
	if capabilities == "" {
		capabilities = "not set (compute and utility)"
	}
	return &cause{"the container has an NVIDIA GPU, but NVIDIA_DRIVER_CAPABILITIES is " + capabilities + ": Vulkan's part of the driver is not mounted",
		"Start it with --gpus all -e NVIDIA_DRIVER_CAPABILITIES=all (or a list with graphics in it)."}
}

// nvidiaLibraries: the driver's library is there, but what it needs is not.
func (s system) nvidiaLibraries() *cause {
	if !s.hasNvidia() || s.nvidiaCapabilities() != nil {
		return nil
	}
	err := s.library("libGLX_nvidia.so.0")
	if err == nil {
		return nil
	}
	for _, need := range []struct{ library, pkg string }{{"libX11.so.6", "libx11-6"}, {"libXext.so.6", "libxext6"}, {"libEGL.so.1", "libegl1"}} {
		if missing := s.library(need.library); missing != nil {
			return &cause{"NVIDIA's driver needs " + need.library + ", which is missing", "Debian, Ubuntu: apt install " + need.pkg}
		}
	}
	return &cause{"NVIDIA's Vulkan library cannot be loaded: " + err.Error(), "Install the user-space part of the driver, of the same version as the kernel's."}
}

// nvidiaManifest: everything is there but the file that says so.
func (s system) nvidiaManifest() *cause {
	if !s.hasNvidia() || s.library("libGLX_nvidia.so.0") != nil || s.env("VK_DRIVER_FILES") != "" || s.env("VK_ICD_FILENAMES") != "" {
		return nil
	}
	for _, folder := range []string{"etc/vulkan/icd.d", "usr/share/vulkan/icd.d", "usr/local/share/vulkan/icd.d"} {
		if s.exists(filepath.Join(folder, "nvidia_icd.json")) {
			return nil
		}
	}
	return &cause{"NVIDIA's Vulkan library is there, but no nvidia_icd.json points to it",
		`Write /etc/vulkan/icd.d/nvidia_icd.json: {"file_format_version": "1.0.0", "ICD": {"library_path": "libGLX_nvidia.so.0", "api_version": "1.3.0"}}`}
}

// renderPermission: the device files are there, but not for this user.
func (s system) renderPermission() *cause {
	nodes, _ := filepath.Glob(s.path("dev/dri/renderD*"))
	for _, node := range nodes {
		f, err := os.OpenFile(node, os.O_RDWR, 0)
		if err == nil {
			f.Close()
			continue
		}
		if os.IsPermission(err) {
			return &cause{node + " may not be opened by this user", "Add the user to the group that owns it (render or video) and log in again."}
		}
	}
	return nil
}

// noRenderNode: a container without the host's GPU.
func (s system) noRenderNode() *cause {
	if !s.container() || s.hasNvidia() || s.exists("dev/dri") || s.exists("dev/dxg") {
		return nil
	}
	return &cause{"this is a container without any GPU device", "Start it with --device /dev/dri (AMD, Intel) or --gpus all (NVIDIA, with its container toolkit)."}
}

// wsl: Windows' GPU is there, but Mesa's driver for it is not.
func (s system) wsl() *cause {
	if !s.exists("dev/dxg") || s.library("libvulkan_dzn.so") == nil {
		return nil
	}
	return &cause{"this is WSL with a GPU (/dev/dxg), but Mesa's dzn driver is missing", "Install a Mesa that has it (Ubuntu: the kisak-mesa packages), or run the Windows build."}
}

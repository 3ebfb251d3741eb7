package doctor

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
)

func TestTheCausesOfAMissingGPUAreFound(t *testing.T) {
	loader := []string{"libvulkan.so.1"}
	with := func(libraries ...string) []string { return append(loader[:1:1], libraries...) }
	for name, c := range map[string]struct {
		files     []string // NAME, or NAME=what it holds
		env       map[string]string
		libraries []string
		finds     string
	}{
		"nothing at all":                {nil, nil, loader, "no sign of a GPU"},
		"no loader":                     {nil, nil, nil, "libvulkan.so.1, is missing"},
		"driver files chosen by hand":   {nil, map[string]string{"VK_ICD_FILENAMES": "/lvp.json"}, loader, "VK_ICD_FILENAMES is set to /lvp.json"},
		"drivers filtered":              {nil, map[string]string{"VK_LOADER_DRIVERS_DISABLE": "*nvidia*"}, loader, "VK_LOADER_DRIVERS_DISABLE is set to *nvidia*"},
		"a container for CUDA alone":    {[]string{".dockerenv", "dev/nvidia0"}, map[string]string{"NVIDIA_DRIVER_CAPABILITIES": "compute,utility"}, loader, "NVIDIA_DRIVER_CAPABILITIES is compute,utility"},
		"a container with the default":  {[]string{"run/.containerenv", "dev/nvidia0"}, nil, loader, "not set (compute and utility)"},
		"a library that NVIDIA's needs": {[]string{".dockerenv", "dev/nvidia0"}, map[string]string{"NVIDIA_DRIVER_CAPABILITIES": "all"}, with("libX11.so.6"), "libXext.so.6, which is missing"},
		"no EGL":                        {[]string{"dev/nvidia0"}, nil, with("libX11.so.6", "libXext.so.6"), "libEGL.so.1, which is missing"},
		"no library of NVIDIA's":        {[]string{"dev/nvidia0"}, nil, with("libX11.so.6", "libXext.so.6", "libEGL.so.1"), "cannot be loaded: not there"},
		"libraries of another version": {[]string{"dev/nvidia0", "usr/share/vulkan/icd.d/nvidia_icd.json", "usr/lib/x86_64-linux-gnu/libGLX_nvidia.so.570.10",
			"proc/driver/nvidia/version=NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\n"}, nil, with("libGLX_nvidia.so.0"), "kernel driver is 580.65.06, its libraries are 570.10"},
		"libraries of the same version": {[]string{"dev/nvidia0", "usr/share/vulkan/icd.d/nvidia_icd.json", "usr/lib64/libGLX_nvidia.so.535.1.2",
			"proc/driver/nvidia/version=NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.1.2  Thu\n"}, nil, with("libGLX_nvidia.so.0"), "still Vulkan does not list it"},
		"no manifest":                  {[]string{"dev/nvidia0"}, nil, with("libGLX_nvidia.so.0"), "no nvidia_icd.json"},
		"a GPU without its driver":     {[]string{"dev/dri/renderD128", "sys/class/drm/renderD128/device/vendor=0x1002\n", "usr/share/vulkan/icd.d/lvp_icd.x86_64.json"}, nil, loader, "renderD128 is a GPU by AMD, but no driver file"},
		"a GPU with its driver":        {[]string{"dev/dri/renderD128", "sys/class/drm/renderD128/device/vendor=0x8086\n", "usr/share/vulkan/icd.d/intel_icd.x86_64.json"}, nil, loader, "still Vulkan does not list it"},
		"a container without a device": {[]string{".dockerenv"}, nil, loader, "container without any GPU device"},
		"WSL without dzn":              {[]string{"dev/dxg"}, nil, loader, "dzn driver is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			s := system{root: t.TempDir(), env: func(name string) string { return c.env[name] }}
			s.library = func(name string) error {
				if slices.Contains(c.libraries, name) {
					return nil
				}
				return errors.New("not there")
			}
			for _, f := range c.files {
				f, text, _ := strings.Cut(f, "=")
				require.NoError(t, os.MkdirAll(filepath.Dir(s.path(f)), 0o755))
				require.NoError(t, os.WriteFile(s.path(f), []byte(text), 0o644))
			}
			found := s.causes()
			require.Len(t, found, 1)
			require.Contains(t, found[0].Finding, c.finds)
			require.NotEmpty(t, found[0].Advice)
		})
	}
}

func TestADeviceThatMayNotBeOpenedIsFound(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may open everything")
	}
	s := system{root: t.TempDir(), env: func(string) string { return "" }, library: func(string) error { return nil }}
	require.NoError(t, os.MkdirAll(s.path("dev/dri"), 0o755))
	require.NoError(t, os.WriteFile(s.path("dev/dri/renderD128"), nil, 0o000))
	require.Contains(t, s.causes()[0].Finding, "may not be opened")
}

func TestADriverFileThatIsOfNoUseIsACause(t *testing.T) {
	s := system{root: t.TempDir(), env: func(string) string { return "" }, library: func(string) error { return nil },
		drivers: []gpu.Driver{{File: "/usr/share/vulkan/icd.d/good.json"}, {File: "/etc/vulkan/icd.d/bad.json", Err: errors.New("libbad.so: cannot open shared object file")}}}
	found := s.causes()
	require.Len(t, found, 1)
	require.Contains(t, found[0].Finding, "/etc/vulkan/icd.d/bad.json is of no use: libbad.so")
}

package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheCausesOfAMissingGPUAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		files     []string
		env       map[string]string
		libraries []string
		finds     string
	}{
		"nothing at all":                {nil, nil, nil, "no sign of a GPU"},
		"driver files chosen by hand":   {nil, map[string]string{"VK_ICD_FILENAMES": "/lvp.json"}, nil, "VK_ICD_FILENAMES is set to /lvp.json"},
		"a container for CUDA alone":    {[]string{".dockerenv", "dev/nvidia0"}, map[string]string{"NVIDIA_DRIVER_CAPABILITIES": "compute,utility"}, nil, "NVIDIA_DRIVER_CAPABILITIES is compute,utility"},
		"a container with the default":  {[]string{"run/.containerenv", "dev/nvidia0"}, nil, nil, "not set (compute and utility)"},
		"a library that NVIDIA's needs": {[]string{".dockerenv", "dev/nvidia0"}, map[string]string{"NVIDIA_DRIVER_CAPABILITIES": "all"}, []string{"libX11.so.6"}, "libXext.so.6, which is missing"},
		"no library of NVIDIA's":        {[]string{"dev/nvidia0"}, nil, []string{"libX11.so.6", "libXext.so.6", "libEGL.so.1"}, "cannot be loaded: not there"},
		"no manifest":                   {[]string{"dev/nvidia0"}, nil, []string{"libGLX_nvidia.so.0"}, "no nvidia_icd.json"},
		"a container without a device":  {[]string{".dockerenv"}, nil, nil, "container without any GPU device"},
		"WSL without dzn":               {[]string{"dev/dxg"}, nil, nil, "dzn driver is missing"},
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
				require.NoError(t, os.MkdirAll(filepath.Dir(s.path(f)), 0o755))
				require.NoError(t, os.WriteFile(s.path(f), nil, 0o644))
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
	s := system{root: t.TempDir(), env: func(string) string { return "" }, library: func(string) error { return errors.New("not there") }}
	require.NoError(t, os.MkdirAll(s.path("dev/dri"), 0o755))
	require.NoError(t, os.WriteFile(s.path("dev/dri/renderD128"), nil, 0o000))
	require.Contains(t, s.causes()[0].Finding, "may not be opened")
}

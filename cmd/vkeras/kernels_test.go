package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/shaders"
)

// succeeded runs the tool, which must not fail, and returns what it prints.
func succeeded(t *testing.T, args ...string) string {
	got := vkeras(t, nil, args...)
	require.Equal(t, ok, got.status, got.stderr)
	return got.stdout
}

func TestKernelsAreListedByPattern(t *testing.T) {
	out := succeeded(t, "kernels", "conv2d_rows_*", "softmax")
	require.Contains(t, out, "conv2d_rows_16_fp16w")
	require.Contains(t, out, "16 x 32")
	require.Contains(t, out, "softmax")
	require.NotContains(t, out, "conv2d_tiles")

	var listed struct {
		Schema  string
		Kernels []struct {
			Name   string
			Source string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(succeeded(t, "kernels", "--json")), &listed))
	require.Equal(t, "vkeras.kernels/1", listed.Schema)
	require.Len(t, listed.Kernels, len(slices.Collect(shaders.All())), "each once")
	require.NotEmpty(t, listed.Kernels[0].Source)
}

func TestKernelsOfNoNameOrPatternAreRefused(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		why    string
	}{
		{[]string{"kernels", "conv9d*"}, failed, "no kernel's name matches conv9d*"},
		{[]string{"kernels", "[x"}, wrongUsage, "syntax error in pattern"},
		{[]string{"kernels", "--isa", "conv9d"}, wrongUsage, "there is no such kernel"},
		{[]string{"kernels", "--spirv", "x.spv", "--constants", "1,two"}, wrongUsage, `"two" is no number`},
		{[]string{"kernels", "--statistics", "--device", "reference"}, wrongUsage, "this is about Vulkan devices"},
	} {
		got := vkeras(t, nil, c.args...)
		require.Equal(t, c.status, got.status, c.args)
		require.Contains(t, got.stderr, c.why)
	}
	some := vkeras(t, nil, "kernels", "conv9d*", "conv2d_1x1")
	require.Equal(t, failed, some.status)
	require.Equal(t, "vkeras: no kernel's name matches conv9d*; `vkeras kernels` lists them\n", some.stderr)
	require.Contains(t, some.stdout, "conv2d_1x1", "the rest is listed")
}

// compileOnly has Mesa's RADV compile for an AMD GPU that is not there.
func compileOnly(t *testing.T, family string) {
	files, _ := filepath.Glob("/usr/share/vulkan/icd.d/radeon_icd*.json")
	if len(files) == 0 {
		t.Skip("Mesa's RADV is not installed")
	}
	t.Setenv("RADV_FORCE_FAMILY", family)
	t.Setenv("VK_ICD_FILENAMES", files[0])
	t.Setenv("VK_DRIVER_FILES", files[0])
}

func TestStatisticsComeFromADriverThatOnlyCompiles(t *testing.T) {
	compileOnly(t, "navi21")
	out := succeeded(t, "kernels", "--statistics", "conv2d_tiles_32x32")
	for _, word := range []string{"straight", "even", "any", "VGPRs", "Instructions", "Spilled VGPRs"} {
		require.Contains(t, out, word)
	}

	code, err := slices.Collect(shaders.All())[0].SPIRV()
	require.NoError(t, err)
	own := filepath.Join(t.TempDir(), "own.spv")
	require.NoError(t, os.WriteFile(own, code, 0o644))
	require.Contains(t, succeeded(t, "kernels", "--spirv", own), "own.spv")
	require.Contains(t, succeeded(t, "kernels", "--spirv", own, "--isa", "-"), "s_endpgm")
	require.Contains(t, succeeded(t, "kernels", "--isa", "conv2d_tiles_32x32"), "s_endpgm")

	require.NoError(t, os.WriteFile(own, []byte("no code"), 0o644))
	got := vkeras(t, nil, "kernels", "--spirv", own)
	require.Equal(t, failed, got.status)
	require.Contains(t, got.stderr, "own.spv: not a fitting SPIR-V kernel")
}

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// compilesBeside has Mesa's RADV offer a GPU that is not there, beside the others.
func compilesBeside(t *testing.T) {
	t.Helper()
	if files, _ := filepath.Glob("/usr/share/vulkan/icd.d/radeon_icd*.json"); len(files) == 0 {
		t.Skip("Mesa's RADV is not installed")
	}
	t.Setenv("RADV_FORCE_FAMILY", "navi21")
}

func TestADeviceThatOnlyCompilesIsMarkedAndNotComputedOn(t *testing.T) {
	compilesBeside(t)
	require.Regexp(t, `(?m)^ +0 +Null hardware \(RADV NAVI21\) +discrete GPU, compiles only`, succeeded(t, "devices"))
	require.Contains(t, succeeded(t, append([]string{"classify"}, oneHand(t))...), "one_1.png")
	all := vkeras(t, nil, "bench", "--devices", "all", "--runs", "1", "--batch", "1", "--no-reference", "--model", small)
	require.Equal(t, ok, all.status, all.stderr)
	require.Contains(t, all.stderr, "Null hardware (RADV NAVI21) only compiles: passed over")
	require.NotContains(t, all.stdout, "Null hardware")
	for _, args := range [][]string{{"classify", "--device", "0", oneHand(t)}, {"profile", "--device", "null"}} {
		r := vkeras(t, nil, args...)
		require.Equal(t, failed, r.status)
		require.Contains(t, r.stderr, "Null hardware (RADV NAVI21): the device only compiles")
	}
}

func TestAnEmptyVariableIsBlamedWhereNoDriverIsFound(t *testing.T) {
	for _, variable := range []string{"XDG_DATA_DIRS", "XDG_CONFIG_DIRS", "XDG_DATA_HOME", "XDG_CONFIG_HOME"} {
		t.Setenv(variable, t.TempDir())
	}
	t.Setenv("VK_ICD_FILENAMES", "")
	r := vkeras(t, nil, "classify", "--device", "0", oneHand(t))
	require.Equal(t, failed, r.status)
	require.Contains(t, r.stderr, "the environment variable VK_ICD_FILENAMES is set to nothing")
}

// The loader finds manifests in many places, and stops at one that is no JSON with
// the words that the memory is full.
func TestAManifestThatIsNoJSONIsNamed(t *testing.T) {
	for _, variable := range []string{"VK_DRIVER_FILES", "VK_ICD_FILENAMES"} {
		t.Setenv(variable, "") // so that it is as before in the end
		require.NoError(t, os.Unsetenv(variable))
	}
	for variable, below := range map[string]string{
		"VK_ADD_DRIVER_FILES": "bad.json", "XDG_DATA_HOME": "vulkan/icd.d/bad.json", "XDG_CONFIG_HOME": "vulkan/implicit_layer.d/bad.json",
	} {
		t.Run(variable, func(t *testing.T) {
			folder := t.TempDir()
			file := filepath.Join(folder, below)
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, []byte("garbage"), 0o644))
			t.Setenv(variable, folder)
			if variable == "VK_ADD_DRIVER_FILES" {
				t.Setenv(variable, file)
			}
			r := vkeras(t, nil, "classify", "--device", "0", oneHand(t))
			require.Equal(t, failed, r.status)
			require.Contains(t, r.stderr, file+": no JSON object")
			require.Contains(t, r.stderr, "vkeras doctor")
			require.NotContains(t, r.stderr, "memory")
		})
	}
}

func TestAVariableThatNamesNoDriverIsBlamed(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
		return name
	}
	for _, variable := range []string{"VK_ICD_FILENAMES", "VK_DRIVER_FILES"} {
		for file, why := range map[string]string{
			write("bad.json", "garbage"): "bad.json: not a driver manifest",
			write("list.json", "[]"):     "list.json: not a driver manifest: expected an object ICD",
			write("none.json", `{"ICD": {"library_path": "/nowhere.so", "api_version": "1.3.0"}}`): "/nowhere.so",
			filepath.Join(folder, "x.json"): "x.json: no such file or directory",
		} {
			t.Run(variable+" "+filepath.Base(file), func(t *testing.T) {
				t.Setenv("VK_DRIVER_FILES", "")
				t.Setenv("VK_ICD_FILENAMES", "")
				t.Setenv(variable, file)
				r := vkeras(t, nil, "classify", "--device", "0", oneHand(t))
				require.Equal(t, failed, r.status)
				for _, says := range []string{"the environment variable " + variable + " is set", why, "vkeras doctor"} {
					require.Contains(t, r.stderr, says)
				}
				require.NotContains(t, r.stderr, "apt install")
			})
		}
	}
}

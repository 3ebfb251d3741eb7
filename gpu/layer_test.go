package gpu

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vkeras/vkeras/gpu/internal/vulkan"
)

// layerFolder is where buildLayer puts the layer; TestMain removes it.
var layerFolder string

// buildLayer compiles testdata/layer.c, once.
var buildLayer = sync.OnceValue(func() error {
	var err error
	if layerFolder, err = os.MkdirTemp("", "vkeras-layer-"); err != nil {
		return err
	}
	cc, err := exec.Command("go", "env", "CC").Output()
	if err != nil {
		return err
	}
	c := exec.Command(strings.TrimSpace(string(cc)), "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
		"-o", filepath.Join(layerFolder, "liblayer.so"), "testdata/layer.c")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	manifest, err := os.ReadFile("testdata/layer.json")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(layerFolder, "layer.json"), manifest, 0o644)
})

const (
	testLayer       = "VK_LAYER_VKERAS_test"
	validationLayer = "VK_LAYER_KHRONOS_validation"
)

// useLayers has the instances that a test makes use these layers, the first
// nearest to the program: they lie in the order in which their folders are
// listed, whatever VK_INSTANCE_LAYERS says. No instance may be alive.
func useLayers(t testing.TB, layers ...string) {
	require.NoError(t, buildLayer())
	require.Zero(t, vulkan.Users(), "an instance is alive")
	folders := []string{"/usr/share/vulkan/explicit_layer.d", "/etc/vulkan/explicit_layer.d"}
	if layers[0] == testLayer {
		folders = append([]string{layerFolder}, folders...)
	} else {
		folders = append(folders, layerFolder)
	}
	t.Setenv("VK_LAYER_PATH", strings.Join(folders, ":"))
	t.Setenv("VK_INSTANCE_LAYERS", strings.Join(layers, ":"))
	t.Setenv("VKERAS_LAYER_REPORT", filepath.Join(t.TempDir(), "report"))
}

// pretend has devices pretend what the words say, while validation looks.
func pretend(t testing.TB, words string) {
	useLayers(t, validationLayer, testLayer)
	t.Setenv("VKERAS_LAYER_DEVICE", words)
}

// outcome is what the layer reports when an instance goes.
type outcome struct {
	calls, live int
	failed      string // the function that failed first, "-" for none
}

func layerReport(t testing.TB) outcome {
	b, err := os.ReadFile(os.Getenv("VKERAS_LAYER_REPORT"))
	require.NoError(t, err)
	var o outcome
	_, err = fmt.Sscan(string(b), &o.calls, &o.live, &o.failed)
	require.NoError(t, err)
	return o
}

package gpu

import (
	"fmt"
	"os"
	"testing"
)

// setType has a device take itself for one of another type.
func setType(d *Device, t Type) {
	d.info.Type = t
	d.limits.GPU, d.limits.CPU = t.GPU(), t == CPU
}

// asGPU has a device take itself for a GPU.
func asGPU(d *Device) { setType(d, Discrete) }

// TestMain runs every test of the package under the validation layer, where
// that is installed (or, as continuous integration wants it, required), and
// fails when it had anything to say.
func TestMain(m *testing.M) {
	if os.Getenv(ValidationVariable) == "" {
		os.Setenv(ValidationVariable, "1")
	}
	code := m.Run()
	os.RemoveAll(layerFolder)
	for _, message := range ValidationMessages() {
		fmt.Fprintln(os.Stderr, "validation layer:", message)
		code = 1
	}
	os.Exit(code)
}

package gpu

import (
	"fmt"
	"os"
	"testing"
)

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

package classify

import (
	"fmt"
	"os"
	"testing"

	"github.com/vkeras/vkeras/gpu"
)

// TestMain fails when the validation layer had anything to say. It is on where
// VKERAS_VALIDATION says so, as make test has it.
func TestMain(m *testing.M) {
	code := m.Run()
	for _, message := range gpu.ValidationMessages() {
		fmt.Fprintln(os.Stderr, "validation layer:", message)
		code = 1
	}
	os.Exit(code)
}

package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/vkeras/vkeras/gpu"
)

// TestMain runs every test of the tool under the validation layer, where that is
// installed, and fails when it had anything to say.
func TestMain(m *testing.M) {
	if os.Getenv(mainVariable) != "" {
		main()
	}
	if os.Getenv(gpu.ValidationVariable) == "" {
		os.Setenv(gpu.ValidationVariable, "1")
	}
	code := m.Run()
	for _, message := range gpu.ValidationMessages() {
		fmt.Fprintln(os.Stderr, "validation layer:", message)
		code = 1
	}
	os.Exit(code)
}

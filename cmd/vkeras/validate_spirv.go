package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/vkeras/vkeras/shaders"
)

// readSPIRV reads what --spirv NAME=FILE names.
func readSPIRV(list []string) (map[string][]byte, error) {
	if len(list) == 0 {
		return nil, nil
	}
	code := map[string][]byte{}
	for _, arg := range list {
		name, file, ok := strings.Cut(arg, "=")
		if !ok || file == "" {
			return nil, usagef("--spirv %q: expected NAME=FILE, such as conv2d=mine.spv", arg)
		}
		k, ok := shaders.Named(name)
		if !ok {
			return nil, usagef("--spirv %s: no kernel has that name; `vkeras doctor` lists those of the device", name)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("--spirv: %w", err)
		}
		if err := k.Check(b); err != nil {
			return nil, fmt.Errorf("--spirv %s: %w", file, err)
		}
		code[name] = b
	}
	return code, nil
}

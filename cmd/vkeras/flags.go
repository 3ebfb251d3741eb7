package main

import (
	"fmt"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/nn"
)

// names returns what a list of names completes.
func names[T ~string](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// parseSize reads HxW, a flag's value, as the shape of a picture.
func parseSize(flag, text string) (nn.Shape, error) {
	var h, w int
	var rest string
	if n, _ := fmt.Sscanf(text+" ", "%dx%d%s", &h, &w, &rest); n != 2 || h < 1 || w < 1 {
		return nil, usagef("%s %q: expected HxW, such as 224x224", flag, text)
	}
	return nn.Shape{h, w, 3}, nil
}

// parsePart reads I/N.
func parsePart(text string) (p classify.Part, err error) {
	var rest string
	if n, _ := fmt.Sscanf(text+" ", "%d/%d%s", &p.At, &p.Of, &rest); n != 2 || p.At < 0 || p.At >= p.Of {
		return p, usagef("--shard %q: expected I/N with I from 0 to N - 1, such as 0/4", text)
	}
	return p, nil
}

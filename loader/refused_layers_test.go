package loader_test

import (
	"testing"

	"github.com/vkeras/vkeras/loader"
)

func TestLayersThatCannotBeComputedAreRefusedByName(t *testing.T) {
	for name, c := range map[string]struct{ config, says string }{
		"Softmax over the batch": {sequential(layer("Softmax", `"axis": [0, 1]`)), "axis 0, the batch"},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, c.config, loader.ErrUnsupported, c.says) })
	}
}

func TestLayersThatContradictThemselvesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ config, says string }{
		"ReLU bounded below 0":         {sequential(layer("ReLU", `"max_value": -1`)), "must not be negative"},
		"Softmax over no axis":         {sequential(layer("Softmax", `"axis": []`)), "axis: expected axes"},
		"Softmax over an axis twice":   {sequential(layer("Softmax", `"axis": [1, -3]`)), "axis 0 is named twice"},
		"Softmax over scattered axes":  {sequential(layer("Softmax", `"axis": [1, 3]`)), "do not lie side by side"},
		"Softmax beyond the last axis": {sequential(layer("Softmax", `"axis": 4`)), "axis 3 is outside an input of 3 axes"},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, c.config, loader.ErrFormat, c.says) })
	}
}

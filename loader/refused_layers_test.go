package loader_test

import (
	"testing"

	"github.com/vkeras/vkeras/loader"
)

func TestLayersThatCannotBeComputedAreRefusedByName(t *testing.T) {
	for name, c := range map[string]struct{ config, says string }{
		"Softmax over the batch":           {sequential(layer("Softmax", `"axis": [0, 1]`)), "axis 0, the batch"},
		"RMSNormalization over rows":       {sequential(layer("RMSNormalization", `"axis": 1, "epsilon": 1e-3`)), "axis 0: the scale of RMSNormalization fits the last axes alone"},
		"a negative epsilon":               {sequential(layer("LayerNormalization", `"axis": -1, "epsilon": -1, "scale": true, "center": true`)), "epsilon -1"},
		"a wrapper around a user's layer":  {sequential(layer("SpectralNormalization", `"layer": {"class_name": "Mine", "config": {"name": "m"}}`)), `a layer of class "Mine" inside of it`},
		"an activation of several steps":   {sequential(layer("Activation", `"activation": {"class_name": "ReLU", "config": {"name": "r", "max_value": 0}}`)), `activation "ReLU"`},
		"an activation by a user's class":  {sequential(layer("Activation", `"activation": {"class_name": "Mine", "config": {"name": "m"}}`)), `a layer of class "Mine" inside of it`},
		"a field of an activation's layer": {sequential(layer("Activation", `"activation": {"class_name": "ELU", "config": {"name": "e", "alpha": 1, "beta": 2}}`)), `the field "beta"`},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, c.config, loader.ErrUnsupported, c.says) })
	}
}

func TestLayersThatContradictThemselvesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ config, says string }{
		"ReLU bounded below 0":         {sequential(layer("ReLU", `"max_value": -1`)), "must not be negative"},
		"a wrapper around nothing":     {sequential(layer("SpectralNormalization", `"layer": 5`)), "layer: expected a layer, found 5"},
		"groups of no size":            {sequential(layer("GroupNormalization", `"axis": -1, "groups": 0, "epsilon": 1e-3, "scale": true, "center": true`)), "do not fall into 0 groups"},
		"groups that do not divide":    {sequential(layer("Conv2D", conv2+`, "groups": 2`)), "do not fall into 2 groups"},
		"statistics of another length": {sequential(layer("Normalization", `"axis": -1, "mean": [1, 2], "variance": [1, 2]`)), "mean: 2 numbers for an input of (8, 8, 3)"},
		"statistics of text":           {sequential(layer("Normalization", `"axis": -1, "mean": ["a"], "variance": [1]`)), "mean: expected a number or an array of numbers"},
		"CustomScaleLayer of one":      {sequential(layer("CustomScaleLayer", `"scale": 0.5`)), "it needs 2 inputs or more, and has 1"},
		"Softmax over no axis":         {sequential(layer("Softmax", `"axis": []`)), "axis: expected axes"},
		"Softmax over an axis twice":   {sequential(layer("Softmax", `"axis": [1, -3]`)), "axis 0 is named twice"},
		"Softmax over scattered axes":  {sequential(layer("Softmax", `"axis": [1, 3]`)), "do not lie side by side"},
		"Softmax beyond the last axis": {sequential(layer("Softmax", `"axis": 4`)), "axis 3 is outside an input of 3 axes"},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, c.config, loader.ErrFormat, c.says) })
	}
}

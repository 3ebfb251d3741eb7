// Package demo holds the demo model: the course exercise's ResNet50, trained
// with real Keras on rendered hand signs. tools/keras/demo made it.
package demo

import (
	_ "embed"
	"strings"
)

// Name is what messages call the model.
const Name = "demo model (signs_resnet50.h5, built in)"

//go:embed signs_resnet50.h5
var model string

// Model returns the model's file: legacy HDF5, written by Keras 3.
func Model() *strings.Reader { return strings.NewReader(model) }

//go:embed pictures/five_3.jpg
var picture string

// Picture returns one of the sample pictures, a JPEG: an open hand.
func Picture() *strings.Reader { return strings.NewReader(picture) }

//go:build !cgo

package vkc

import "errors"

// rawInfo is nothing: no device is ever described.
type rawInfo struct{}

// The barriers, which nothing records.
const (
	ComputeToCompute Dependency = iota
	TransferToCompute
	ComputeToTransfer
	ToHost
	HostToDevice
)

// ErrNoCgo is a program that cannot call C, and so no Vulkan driver either.
var ErrNoCgo = errors.New("this program was built without cgo (CGO_ENABLED=0), by which Vulkan is reached")

// TryLibrary returns ErrNoCgo.
func TryLibrary(string) error { return ErrNoCgo }

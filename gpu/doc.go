// Package gpu runs programs of package plan on Vulkan devices.
//
// Devices lists what the drivers offer, Open takes one, Load puts a network on
// it, and Net.Run answers for batches of images:
//
//	device, err := gpu.Open(gpu.Default())
//	defer device.Close()
//	net, err := gpu.Load(device, graph, gpu.Options{Batch: 8})
//	defer net.Close()
//	probabilities, err := net.Run(ctx, pictures) // NHWC in, (N, classes) out
//
// Devices and nets may be used by several goroutines. Errors of the driver are
// errors here: ErrOutOfMemory, ErrDeviceLost; nothing panics. Every Vulkan
// object is owned by one Go object and freed by its Close, in any order that
// closes nets before their device.
//
// All of Vulkan is behind this package. It computes nothing itself and chooses
// kernels from package shaders by the device's class and the step's shape.
package gpu

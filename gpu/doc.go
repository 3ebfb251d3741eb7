// Package gpu runs networks on Vulkan devices.
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
// errors here: ErrOutOfMemory, ErrDeviceLost; nothing panics. Nets are closed
// before their device.
//
// This room holds runs: what is loaded, recorded, submitted, timed, tuned and
// checked. Which kernels compute a step is decided in internal/lower, which knows
// no Vulkan; the Vulkan objects and their owners are internal/vulkan's, and no
// call of the binding enters here. Drawing what a net holds is package draw's.
package gpu

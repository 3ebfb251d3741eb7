// Package engine is one notion of what computes networks: a Vulkan device, the
// processor by native code, or the plain Go reference, behind one small interface.
//
// Open turns the words of --device into a Device, Load puts a network on it, and
// Net.Run answers for batches of images:
//
//	device, err := engine.Open(engine.Choice{Name: "reference"})
//	defer device.Close()
//	net, err := device.Load(graph, engine.Options{Batch: 8})
//	defer net.Close()
//	probabilities, err := net.Run(ctx, pictures) // NHWC in, (N, classes) out
//
// Whoever runs networks goes through this package and never asks what is behind
// a Device; whose subject is Vulkan itself (validate, profile, doctor) asks for it
// with Vulkan. No kernels, no pictures and no flags enter here.
package engine

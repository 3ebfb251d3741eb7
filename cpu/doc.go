// Package cpu runs networks natively on the processor: matrix products, windows
// and element-wise functions with the processor's vectors, on all its cores.
//
// Load compiles a graph with package plan, packs its weights, and returns a Net
// whose Run answers for batches of images:
//
//	net, err := cpu.Load(graph, cpu.Options{Batch: 8})
//	defer net.Close()
//	probabilities, err := net.Run(ctx, pictures) // NHWC in, (N, classes) out
//
// Each operation has a file of its name here: how its weights are packed and how
// its output is cut into tiles, which the threads of a team take one after the
// other. What computes a tile is a kernel of internal/simd, chosen when a net is
// loaded by what the processor has; operations that no kernel computes are plain
// Go here. Results don't depend on the number of threads, nor on the batch.
//
// It shares package plan's programs with package gpu and nothing else: it knows
// no Vulkan, and no package reference either, which it is checked against.
package cpu

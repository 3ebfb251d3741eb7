// Package paper predicts how long a program takes on GPUs that are not there: from
// the machine code that their compiler makes of our kernels (code.json, which
// tools/gpucode writes) and from their published limits (devices.json).
//
// It ranks designs, and is compared with what a real GPU measures. It opens no
// device; nothing of Vulkan may enter.
package paper

// Package vulkan is the Vulkan objects: the instance, devices, memory, pipelines
// and their cache, commands, queries, surfaces. Each has one owner, which frees
// it by Free or Close; errors of the driver are errors here, and nothing panics.
//
// It knows kernels as SPIR-V with bindings (package shaders) and nothing of
// networks, programs or what a dispatch means: that is package gpu's. Beneath it
// is vkc, the part of Vulkan that the Go binding cannot be trusted with.
package vulkan

// Package vkc is the part of Vulkan that the Go binding
// github.com/vulkan-go/vulkan cannot be trusted with, written in C.
//
// For every argument that is, or holds, an array of structs or strings the
// binding allocates C memory and frees it from a finalizer that may run while
// the C call is still reading it; it opens the loader by the name that only
// development packages install; and it knows no command newer than Vulkan 1.0.
// So this package opens the loader by its soname, makes instance and device,
// fills descriptor sets, makes pipelines, records barriers and copies, and
// submits. All arrays live in C for the length of the call.
//
// It keeps no policy: which device, which memory, when to free is package
// gpu's. Handles are unsafe.Pointers, as the binding's are underneath.
package vkc

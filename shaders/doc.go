// Package shaders holds the compute kernels: their GLSL (*.comp and include/),
// the SPIR-V made from it (spirv/, embedded), and a table that says for each
// kernel what it binds and which constants it takes.
//
// A kernel that computes one operation of package nn has that operation's name
// in snake case; others for the same operation append theirs: conv2d,
// conv2d_1x1, conv2d_lanes. `make shaders` compiles; a test fails when a source
// has changed since.
//
// This package knows no device and imports nothing of vkeras.
package shaders

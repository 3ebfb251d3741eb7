// The tensors of every kernel that works on storage buffers, and the head of
// its push constants.
//
// Tensors are dense float32, NHWC; x, y and r may start in the middle of a
// binding, because bindings begin at aligned offsets: x_at, y_at and r_at are
// in elements. y may be the same memory as x or r (an operation in place), so
// none is restrict.
layout(std430, binding = 0) readonly buffer X { float x[]; };  // first input
layout(std430, binding = 1) readonly buffer W { float w[]; };  // weights, packed one behind the other in Keras's order
layout(std430, binding = 2) buffer Y { float y[]; };           // output
layout(std430, binding = 3) readonly buffer R { float r[]; };  // second input

#define HEAD uint count, x_at, y_at, r_at

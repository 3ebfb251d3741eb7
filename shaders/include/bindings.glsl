// The tensors of every kernel that works on storage buffers, and the head of
// its push constants.
//
// Tensors are dense NHWC, float32 or, with HALF_TENSORS, float16; kernels
// compute in float32 either way. x, y and r may start in the middle of a
// binding, because bindings begin at aligned offsets: x_at, y_at and r_at are
// in elements. y may be the same memory as x or r (an operation in place), so
// none is restrict.
#ifdef HALF_TENSORS
#extension GL_EXT_shader_16bit_storage : require
#define ELEMENT float16_t
#else
#define ELEMENT float
#endif
#ifndef X_ELEMENT
#define X_ELEMENT ELEMENT
#endif
#ifdef HALF_WEIGHTS
#define WEIGHT uint // two float16
#else
#define WEIGHT float
#endif
layout(std430, binding = 0) readonly buffer X { X_ELEMENT x[]; }; // first input
layout(std430, binding = 1) readonly buffer W { WEIGHT w[]; };  // weights, packed one behind the other in Keras's order
layout(std430, binding = 2) buffer Y { ELEMENT y[]; };          // output
layout(std430, binding = 3) readonly buffer R { ELEMENT r[]; }; // second input

// An element of x or r, and the storing of one of y.
#define X(i) float(x[i])
#define R(i) float(r[i])
#define PUT(i, v) y[i] = ELEMENT(v)

#define HEAD uint count, x_at, y_at, r_at

#version 450
#extension GL_GOOGLE_include_directive : require
// The end of a product whose k was cut into parts (split-K):
//   y[m, o] = clamp(f(b[o] + sum over parts s of x[s, m, o] + r[m, o]))
// added in the parts' order, so that every run gives the same.
//
// x: float32, (parts, rows, filters in fours). w, y, r and the rest are those of
// the product, of which slabs says how many parts there are. Each invocation owns
// four columns of a row.
#include "include/product.glsl"
layout(local_size_x = 64) in;

vec4 part_sum(uint at) {
#ifdef HALF_TENSORS
    return uintBitsToFloat(x[x_at + at]);
#else
    return x[x_at + at];
#endif
}

void main() {
    const uint index = gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
    const uint fours = (filters + 3) / 4, all = count * fours;
    if (index >= all) return;
    vec4 sum = vec4(0);
    for (uint s = 0; s < slabs; s++) sum += part_sum(s * all + index);
    put(0, index / fours, index % fours, sum, bias(index % fours));
}

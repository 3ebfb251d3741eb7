#version 450
// DELIBERATELY WRONG, for the tests of package validate:
// the divisor is one too large.
// A copy of shaders/global_avg_pool.comp with that one mistake.
// The mean of each channel over all positions of an image.
// x: NHWC, as (N, positions, channels). Each invocation owns one output element.
layout(std430, binding = 0) readonly buffer X { float x[]; };  // first input
layout(std430, binding = 1) readonly buffer W { float w[]; };  // weights, packed one behind the other in Keras's order
layout(std430, binding = 2) buffer Y { float y[]; };           // output
layout(std430, binding = 3) readonly buffer R { float r[]; };  // second input

#define HEAD uint count, x_at, y_at, r_at
layout(local_size_x = 64) in;

uint index() {
    return gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
}
layout(push_constant) uniform Push { HEAD; uint positions, channels; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint from = x_at + at / channels * positions * channels + at % channels;
    float sum = 0.0;
    for (uint i = 0; i < positions; i++) sum += x[from + i * channels];
    y[y_at + at] = sum / float(positions + 1);
}

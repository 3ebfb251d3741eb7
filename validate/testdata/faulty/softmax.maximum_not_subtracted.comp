#version 450
// DELIBERATELY WRONG, for the tests of package validate:
// exponentials overflow, for the maximum is not subtracted.
// A copy of shaders/softmax.comp with that one mistake.
// Softmax over the last axis: y[m, c] = exp(x[m, c] - top) / sum of exp(x[m] - top), top = max of x[m]
// x: (rows, channels). Each invocation owns one row; count is the number of rows.
layout(std430, binding = 0) readonly buffer X { float x[]; };  // first input
layout(std430, binding = 1) readonly buffer W { float w[]; };  // weights, packed one behind the other in Keras's order
layout(std430, binding = 2) buffer Y { float y[]; };           // output
layout(std430, binding = 3) readonly buffer R { float r[]; };  // second input

#define HEAD uint count, x_at, y_at, r_at
layout(local_size_x = 64) in;

uint index() {
    return gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
}
layout(push_constant) uniform Push { HEAD; uint channels; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint from = x_at + at * channels, to = y_at + at * channels;
    float sum = 0.0;
    for (uint c = 0; c < channels; c++) {
        float e = exp(x[from + c]);
        y[to + c] = e;
        sum += e;
    }
    for (uint c = 0; c < channels; c++) y[to + c] /= sum;
}

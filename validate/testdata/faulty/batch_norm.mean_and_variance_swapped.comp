#version 450
// DELIBERATELY WRONG, for the tests of package validate:
// mean and variance are exchanged.
// A copy of shaders/batch_norm.comp with that one mistake.
// Batch normalisation at inference:
//   y = (x - mean) / sqrt(variance + epsilon) gamma + beta
// x: any shape; element i belongs to index (i / inner) mod extent of the
// normalised axis. w: gamma (where has_gamma), beta (where has_beta), mean,
// variance, each of extent elements. Each invocation owns one element.
layout(std430, binding = 0) readonly buffer X { float x[]; };  // first input
layout(std430, binding = 1) readonly buffer W { float w[]; };  // weights, packed one behind the other in Keras's order
layout(std430, binding = 2) buffer Y { float y[]; };           // output
layout(std430, binding = 3) readonly buffer R { float r[]; };  // second input

#define HEAD uint count, x_at, y_at, r_at
layout(local_size_x = 64) in;

uint index() {
    return gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
}
#define EPILOGUE uint r_on; float lowest, highest

#define FINISH(v, at) finish(v, r_on != 0 ? r[r_at + (at)] : 0.0, lowest, highest)

float finish(float v, float residual, float lowest, float highest) {
    v += residual;
    if (v < lowest) return lowest;
    return v > highest ? highest : v;
}
layout(push_constant) uniform Push { HEAD; uint extent, inner, has_gamma, has_beta; float epsilon; EPILOGUE; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at / inner % extent;
    uint beta = has_gamma * extent, mean = beta + has_beta * extent, variance = mean + extent;
    float v = (x[x_at + at] - w[variance + c]) / sqrt(abs(w[mean + c]) + epsilon);
    if (has_gamma != 0) v *= w[c];
    if (has_beta != 0) v += w[beta + c];
    y[y_at + at] = FINISH(v, at);
}

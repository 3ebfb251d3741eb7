#version 450
#extension GL_GOOGLE_include_directive : require
// Batch normalisation at inference:
//   y = (x - mean) / sqrt(variance + epsilon) gamma + beta
// x: any shape; element i belongs to index (i / inner) mod extent of the
// normalised axis. w: gamma (where has_gamma), beta (where has_beta), mean,
// variance, each of extent elements. Each invocation owns one element.
#include "include/tensors.glsl"
#include "include/epilogue.glsl"
layout(push_constant) uniform Push { HEAD; uint extent, inner, has_gamma, has_beta; float epsilon; EPILOGUE; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at / inner % extent;
    uint beta = has_gamma * extent, mean = beta + has_beta * extent, variance = mean + extent;
    float v = (X(x_at + at) - w[mean + c]) / sqrt(w[variance + c] + epsilon);
    if (has_gamma != 0) v *= w[c];
    if (has_beta != 0) v += w[beta + c];
    PUT(y_at + at, FINISH(v, at));
}

#version 450
#extension GL_GOOGLE_include_directive : require
// The mean of each channel over all positions of an image.
// x: NHWC, as (N, positions, channels). Each invocation owns one output element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint positions, channels; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint from = x_at + at / channels * positions * channels + at % channels;
    float sum = 0.0;
    for (uint i = 0; i < positions; i++) sum += X(from + i * channels);
    PUT(y_at + at, sum / float(positions));
}

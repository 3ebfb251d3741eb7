#version 450
#extension GL_GOOGLE_include_directive : require
// The largest value of each channel over all positions of an image.
// x: NHWC, as (N, positions, channels). Each invocation owns one output element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint positions, channels; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint from = x_at + at / channels * positions * channels + at % channels;
    float best = X(from);
    for (uint i = 1; i < positions; i++) {
        float v = X(from + i * channels);
        if (!isnan(best) && !(v <= best)) best = v; // and so NaN wins, as in the reference
    }
    PUT(y_at + at, best);
}

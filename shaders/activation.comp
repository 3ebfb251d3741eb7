#version 450
#extension GL_GOOGLE_include_directive : require
// An element-wise function: see nn.Activation for what each one computes.
// Each invocation owns one element.
#include "include/tensors.glsl"
#include "include/activation.glsl"
layout(push_constant) uniform Push { HEAD; uint func; float slope, threshold, highest, alpha; };

void main() {
    uint at = index();
    if (at >= count) return;
    PUT(y_at + at, activate(func, X(x_at + at), slope, threshold, highest, alpha));
}

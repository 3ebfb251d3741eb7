#version 450
#extension GL_GOOGLE_include_directive : require
// A tensor with its axes in another order, or evenly spaced positions of them.
// x: the input; x_at is where the output's first element lies. Each invocation
// owns one output element.
#include "include/tensors.glsl"
#include "include/axes.glsl"
layout(push_constant) uniform Push { HEAD; EXTENTS; XSTRIDES; };

X_PLACE

void main() {
    uint at = index();
    if (at >= count) return;
    PUT(y_at + at, X(x_place(at)));
}

#version 450
#extension GL_GOOGLE_include_directive : require
// One input's part of a concatenation: element e of slice o of the input goes
// to place before + e of slice o of the output.
// x: (slices, length). y: (slices, stride). Each invocation owns one input
// element; count is the number of them.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint length, stride, before; };

void main() {
    uint at = index();
    if (at >= count) return;
    PUT(y_at + at / length * stride + before + at % length, X(x_at + at));
}

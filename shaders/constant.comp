#version 450
#extension GL_GOOGLE_include_directive : require
// The same values for every image.
// w: (length). y: (images, length). Each invocation owns one output element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint length; };

void main() {
    uint at = index();
    if (at >= count) return;
    PUT(y_at + at, w[at % length]);
}

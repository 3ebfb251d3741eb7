#version 450
#extension GL_GOOGLE_include_directive : require
// Positions of one axis in any order.
// x: (slices, extent, inner). w: a position each, as a whole number; below 0: the
// output is fill. y: (slices, positions, inner). Each invocation owns one output
// element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint extent, positions, inner; float fill; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint i = at % inner, p = at / inner % positions, o = at / inner / positions;
    float from = w[p];
    PUT(y_at + at, from < 0.0 ? fill : X(x_at + (o * extent + uint(from)) * inner + i));
}

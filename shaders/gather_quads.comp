#version 450
#extension GL_GOOGLE_include_directive : require
// Positions of one axis in any order, in fours of the innermost axis.
// x: (slices, extent, inner). w: a position each, as a whole number; below 0: the
// output is fill. y: (slices, positions, inner). Each invocation owns four output
// elements.
#include "include/divide.glsl"
#include "include/quads.glsl"
layout(local_size_x = 64) in;

// Places and inner are in fours.
layout(push_constant) uniform Push { uint count, x_at, y_at, r_at, extent, positions, inner; float fill; } push;

void main() {
    const uint at = index();
    if (at >= push.count) return;
    const uint line = divide(at, push.inner), slice = divide(line, push.positions), p = line - slice * push.positions;
    const vec4 four = W4(p / 4);
    const float from = (p & 2) == 0 ? ((p & 1) == 0 ? four.x : four.y) : ((p & 1) == 0 ? four.z : four.w);
    const vec4 v = x4(push.x_at + (slice * push.extent + uint(max(from, 0.0))) * push.inner + at - line * push.inner, 4);
    put4(push.y_at + at, from < 0.0 ? vec4(push.fill) : v, 4);
}

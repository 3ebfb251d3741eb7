#version 450
#extension GL_GOOGLE_include_directive : require
// A tensor with its axes in another order, or evenly spaced positions of them, where
// fours of the innermost axis stay together. x: the input; x_at is where the output's
// first four lies. Each invocation owns four output elements.
#include "include/divide.glsl"
#include "include/quads.glsl"
#include "include/axes.glsl"
layout(local_size_x = 64) in;

// Places, strides and the innermost extent are in fours.
layout(push_constant) uniform Push { uint count, x_at, y_at, r_at; EXTENTS; XSTRIDES; } push;

// INNER takes the innermost coordinate off rest and adds what it moves the input.
#define INNER(extent, stride) { const uint outer = divide(rest, extent); from += (rest - outer * extent) * stride; rest = outer; }

void main() {
    const uint at = index();
    if (at >= push.count) return;
    uint rest = at, from = push.x_at;
    INNER(push.e5, push.x5) INNER(push.e4, push.x4) INNER(push.e3, push.x3)
    if (push.e0 * push.e1 * push.e2 > 1) { INNER(push.e2, push.x2) INNER(push.e1, push.x1) INNER(push.e0, push.x0) }
    put4(push.y_at + at, x4(from + rest * push.x_image, 4), 4);
}

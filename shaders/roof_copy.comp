#version 450
#extension GL_GOOGLE_include_directive : require
// How fast a device copies: y[i] = x[i].
// x, y: count vec4. Each invocation owns one of them.
layout(push_constant) uniform Push { uint count, rounds; };
#include "include/roof.glsl"

void main() {
    uint at = index();
    if (at < count) y[at] = imageLoad(x, int(at));
}

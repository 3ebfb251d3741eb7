#version 450
#extension GL_GOOGLE_include_directive : require
// How fast a device reads: y[i] = sum over k < rounds of x[i + k count].
// x: count times rounds vec4. y: count vec4. Each invocation owns one of y's.
layout(push_constant) uniform Push { uint count, rounds; };
#include "include/roof.glsl"

void main() {
    uint at = index();
    if (at >= count) return;
    vec4 sum = vec4(0);
    for (uint k = 0; k < rounds; k++) sum += imageLoad(x, int(at + k * count));
    y[at] = sum;
}

#version 450
#extension GL_GOOGLE_include_directive : require
// y = x above 0, else alpha x.
// w: the alphas, of period elements, after which they repeat. Each invocation owns
// one element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint period; };

void main() {
    uint at = index();
    if (at >= count) return;
    float v = X(x_at + at);
    PUT(y_at + at, v > 0.0 ? v : v * w[at % period]);
}

#version 450
#extension GL_GOOGLE_include_directive : require
// y = x gamma.
// w: the gammas, of period elements, after which they repeat. Each invocation owns
// one element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint period; };

void main() {
    uint at = index();
    if (at >= count) return;
    PUT(y_at + at, X(x_at + at) * w[at % period]);
}

#version 450
#extension GL_GOOGLE_include_directive : require
// y = (x - mean) / max(sqrt(variance), 1e-7) by channel.
// w: the means, then the variances. Each invocation owns one element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint channels; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at % channels;
    PUT(y_at + at, (X(x_at + at) - w[c]) / max(sqrt(w[channels + c]), 1e-7));
}

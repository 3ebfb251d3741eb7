#version 450
#extension GL_GOOGLE_include_directive : require
// y = (x - mean) / d with d = max(sqrt(variance), 1e-7), or where invert is 1
// y = x d + mean. w: the means, then the variances, each of period elements, after
// which they repeat. Each invocation owns one element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint period, invert; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at % period;
    float v = X(x_at + at), deviation = max(sqrt(w[period + c]), 1e-7);
    PUT(y_at + at, invert != 0 ? v * deviation + w[c] : (v - w[c]) / deviation);
}

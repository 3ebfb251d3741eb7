#version 450
#extension GL_GOOGLE_include_directive : require
// y = x scale + offset, with one constant or one a channel.
// w: the scales (scales of them: 1 or channels), then the offsets.
// Each invocation owns one element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint channels, scales, offsets; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at % channels;
    PUT(y_at + at, X(x_at + at) * w[min(c, scales - 1)] + w[scales + min(c, offsets - 1)]);
}

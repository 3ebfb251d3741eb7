#version 450
#extension GL_GOOGLE_include_directive : require
// A feature map with another number of channels: missing ones are zeros, and
// what is beyond the output's channels is left out. It makes a picture's three
// channels four.
// x: (positions, channels). y: (positions, out_channels). Each invocation owns
// one output element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint channels, out_channels; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at % out_channels;
    PUT(y_at + at, c < channels ? X(x_at + at / out_channels * channels + c) : 0.0);
}

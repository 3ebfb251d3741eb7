#version 450
#extension GL_GOOGLE_include_directive : require
// The sum of two tensors, element by element, with broadcasting.
// x, r: the inputs. Each invocation owns one output element.
#include "include/tensors.glsl"
#include "include/broadcast.glsl"
#include "include/epilogue.glsl"
layout(push_constant) uniform Push { HEAD; BROADCAST; float lowest, highest, parameter; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at % channels, j = at / channels % columns, i = at / channels / columns % rows, n = at / channels / columns / rows;
    float a = X(x_at + n * x_image + i * x_row + j * x_column + c * x_channel);
    float b = R(r_at + n * r_image + i * r_row + j * r_column + c * r_channel);
    PUT(y_at + at, finish(a + b, 0.0, lowest, highest, parameter));
}

#version 450
#extension GL_GOOGLE_include_directive : require
// A feature map without its outer rows and columns.
// x: NHWC (height, width, channels). A stride makes every so many-th row or
// column of the result. Each invocation owns one output element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint height, width, channels, out_height, out_width, stride_y, stride_x, top, left; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at % channels, j = at / channels % out_width, i = at / channels / out_width % out_height, n = at / channels / out_width / out_height;
    PUT(y_at + at, X(x_at + ((n * height + i * stride_y + top) * width + j * stride_x + left) * channels + c));
}

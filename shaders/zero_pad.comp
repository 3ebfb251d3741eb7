#version 450
#extension GL_GOOGLE_include_directive : require
// Rows and columns of zeros around a feature map.
// x: NHWC (height, width, channels). A stride makes every so many-th row or
// column of the result. Each invocation owns one output element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint height, width, channels, out_height, out_width, stride_y, stride_x, top, left; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at % channels, j = at / channels % out_width, i = at / channels / out_width % out_height, n = at / channels / out_width / out_height;
    uint row = i * stride_y - top, column = j * stride_x - left; // wrap round outside the input
    bool inside = row < height && column < width;
    PUT(y_at + at, inside ? X(x_at + ((n * height + row) * width + column) * channels + c) : 0.0);
}

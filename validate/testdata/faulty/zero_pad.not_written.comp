#version 450
// DELIBERATELY WRONG, for the tests of package validate:
// nothing is stored where the padding is.
// A copy of shaders/zero_pad.comp with that one mistake.
// Rows and columns of zeros around a feature map.
// x: NHWC (height, width, channels). A stride makes every so many-th row or
// column of the result. Each invocation owns one output element.
layout(std430, binding = 0) readonly buffer X { float x[]; };  // first input
layout(std430, binding = 1) readonly buffer W { float w[]; };  // weights, packed one behind the other in Keras's order
layout(std430, binding = 2) buffer Y { float y[]; };           // output
layout(std430, binding = 3) readonly buffer R { float r[]; };  // second input

#define HEAD uint count, x_at, y_at, r_at
layout(local_size_x = 64) in;

uint index() {
    return gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
}
layout(push_constant) uniform Push { HEAD; uint height, width, channels, out_height, out_width, stride_y, stride_x, top, left; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at % channels, j = at / channels % out_width, i = at / channels / out_width % out_height, n = at / channels / out_width / out_height;
    uint row = i * stride_y - top, column = j * stride_x - left; // wrap round outside the input
    bool inside = row < height && column < width;
    if (inside) y[y_at + at] = x[x_at + ((n * height + row) * width + column) * channels + c];
}

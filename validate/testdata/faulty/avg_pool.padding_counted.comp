#version 450
// DELIBERATELY WRONG, for the tests of package validate:
// padding is counted in the divisor.
// A copy of shaders/avg_pool.comp with that one mistake.
// The mean of the values under a window, channel by channel, over the
// positions inside the input: padding counts neither in sum nor in divisor.
// x: NHWC. Each invocation owns one output element.
layout(std430, binding = 0) readonly buffer X { float x[]; };  // first input
layout(std430, binding = 1) readonly buffer W { float w[]; };  // weights, packed one behind the other in Keras's order
layout(std430, binding = 2) buffer Y { float y[]; };           // output
layout(std430, binding = 3) readonly buffer R { float r[]; };  // second input

#define HEAD uint count, x_at, y_at, r_at
layout(local_size_x = 64) in;

uint index() {
    return gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
}
#define WINDOW \
    uint height, width, channels;   /* of the input */ \
    uint out_height, out_width;     \
    uint size_y, size_x;            /* taps */ \
    uint stride_y, stride_x;        \
    uint dilation_y, dilation_x;    \
    uint pad_top, pad_left
layout(push_constant) uniform Push { HEAD; WINDOW; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at % channels, j = at / channels % out_width, i = at / channels / out_width % out_height, n = at / channels / out_width / out_height;
    float sum = 0.0;
    for (uint p = 0; p < size_y; p++) {
        uint row = i * stride_y + p * dilation_y - pad_top;
        if (row >= height) continue;
        for (uint q = 0; q < size_x; q++) {
            uint column = j * stride_x + q * dilation_x - pad_left;
            if (column >= width) continue;
            sum += x[x_at + ((n * height + row) * width + column) * channels + c];
        }
    }
    y[y_at + at] = sum / float(size_y * size_x);
}

#version 450
// DELIBERATELY WRONG, for the tests of package validate:
// padding is 0 and not minus infinity.
// A copy of shaders/max_pool.comp with that one mistake.
// The largest value under a window, channel by channel; padding never wins.
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
    float best = uintBitsToFloat(0xff800000u); // minus infinity
    for (uint p = 0; p < size_y; p++) {
        uint row = i * stride_y + p * dilation_y - pad_top;
        if (row >= height) { best = max(best, 0.0); continue; }
        for (uint q = 0; q < size_x; q++) {
            uint column = j * stride_x + q * dilation_x - pad_left;
            if (column >= width) { best = max(best, 0.0); continue; }
            float v = x[x_at + ((n * height + row) * width + column) * channels + c];
            if (!(v <= best)) best = v; // and so NaN wins, as in the reference
            if (isnan(best)) { y[y_at + at] = best; return; }
        }
    }
    y[y_at + at] = best;
}

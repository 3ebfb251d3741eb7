#version 450
#extension GL_GOOGLE_include_directive : require
// The mean of the values under a window, channel by channel, over the
// positions inside the input: padding counts neither in sum nor in divisor.
// x: NHWC. Each invocation owns one output element.
#include "include/tensors.glsl"
#include "include/window.glsl"
layout(push_constant) uniform Push { HEAD; WINDOW; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at % channels, j = at / channels % out_width, i = at / channels / out_width % out_height, n = at / channels / out_width / out_height;
    float sum = 0.0;
    uint inside = 0;
    for (uint p = 0; p < size_y; p++) {
        uint row = i * stride_y + p * dilation_y - pad_top;
        if (row >= height) continue;
        for (uint q = 0; q < size_x; q++) {
            uint column = j * stride_x + q * dilation_x - pad_left;
            if (column >= width) continue;
            sum += X(x_at + ((n * height + row) * width + column) * channels + c);
            inside++;
        }
    }
    PUT(y_at + at, sum / float(inside));
}

#version 450
#extension GL_GOOGLE_include_directive : require
// The largest value under a window, channel by channel; padding never wins.
// x: NHWC. Each invocation owns one output element.
#include "include/tensors.glsl"
#include "include/window.glsl"
layout(push_constant) uniform Push { HEAD; WINDOW; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at % channels, j = at / channels % out_width, i = at / channels / out_width % out_height, n = at / channels / out_width / out_height;
    float best = uintBitsToFloat(0xff800000u); // minus infinity
    for (uint p = 0; p < size_y; p++) {
        uint row = i * stride_y + p * dilation_y - pad_top;
        if (row >= height) continue;
        for (uint q = 0; q < size_x; q++) {
            uint column = j * stride_x + q * dilation_x - pad_left;
            if (column >= width) continue;
            float v = X(x_at + ((n * height + row) * width + column) * channels + c);
            if (!(v <= best)) best = v; // and so NaN wins, as in the reference
            if (isnan(best)) { PUT(y_at + at, best); return; }
        }
    }
    PUT(y_at + at, best);
}

#version 450
#extension GL_GOOGLE_include_directive : require
// Depthwise convolution: each input channel c has its own kernels t.
//   y[n, i, j, c m + t] = b[c m + t] + sum over p, q of x[n, i s - pad + p d, j s - pad + q d, c] k[p, q, c, t]
// x: NHWC. w: the kernel (height, width, channels, multiplier), and behind it
// the bias where has_bias is 1. Each invocation owns one output element.
#include "include/tensors.glsl"
#include "include/weights.glsl"
#include "include/epilogue.glsl"
#include "include/window.glsl"
layout(push_constant) uniform Push { HEAD; WINDOW; uint multiplier, has_bias; EPILOGUE; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint outputs = channels * multiplier;
    uint o = at % outputs, j = at / outputs % out_width, i = at / outputs / out_width % out_height, n = at / outputs / out_width / out_height;
    float sum = 0.0;
    for (uint p = 0; p < size_y; p++) {
        uint row = i * stride_y + p * dilation_y - pad_top;
        if (row >= height) continue;
        for (uint q = 0; q < size_x; q++) {
            uint column = j * stride_x + q * dilation_x - pad_left;
            if (column >= width) continue;
            sum += X(x_at + ((n * height + row) * width + column) * channels + o / multiplier) * weight((p * size_x + q) * outputs + o);
        }
    }
    if (has_bias != 0) sum += bias(size_y * size_x * outputs, o);
    PUT(y_at + at, FINISH(sum, at));
}

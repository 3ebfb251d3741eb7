#version 450
#extension GL_GOOGLE_include_directive : require
// Transposed convolution:
//   y[n, i, j, o] = b[o] + sum over p, q, c of x[n, h, w, c] k[p, q, o, c]
//   where i = h s - top + p d and j = w s - left + q d
// x: NHWC. w: the kernel (size_y, size_x, filters, channels), and behind it the
// bias where has_bias is 1. Each invocation owns one output element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint height, width, channels, out_height, out_width, size_y, size_x, stride_y, stride_x, dilation_y, dilation_x, top, left, filters, has_bias; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint o = at % filters, j = at / filters % out_width, i = at / filters / out_width % out_height, n = at / filters / out_width / out_height;
    float sum = 0.0;
    for (uint p = 0; p < size_y; p++) {
        uint row = i + top - p * dilation_y; // wraps round where it is above the input
        if (row % stride_y != 0 || row / stride_y >= height || p * dilation_y > i + top) continue;
        for (uint q = 0; q < size_x; q++) {
            uint column = j + left - q * dilation_x;
            if (column % stride_x != 0 || column / stride_x >= width || q * dilation_x > j + left) continue;
            uint from = x_at + ((n * height + row / stride_y) * width + column / stride_x) * channels, k = ((p * size_x + q) * filters + o) * channels;
            for (uint c = 0; c < channels; c++) sum += X(from + c) * w[k + c];
        }
    }
    if (has_bias != 0) sum += w[size_y * size_x * filters * channels + o];
    PUT(y_at + at, sum);
}

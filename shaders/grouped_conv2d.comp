#version 450
#extension GL_GOOGLE_include_directive : require
// Convolution in groups of channels:
//   y[n, i, j, o] = b[o] + sum over p, q and the channels c of o's group of
//   x[n, i s - pad + p d, j s - pad + q d, c] k[p, q, c, o]
// x: NHWC, whose channels fall into groups of neighbours, as the out_channels do.
// w: the kernel (height, width, channels of a group, filters), and behind it the
// bias where has_bias is 1. Each invocation owns one output element: one of
// `filters` channels from `first` on, of out_channels.
#include "include/tensors.glsl"
#include "include/weights.glsl"
#include "include/epilogue.glsl"
#include "include/window.glsl"
layout(push_constant) uniform Push { HEAD; WINDOW; uint filters, first, out_channels, has_bias; EPILOGUE; uint groups; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint o = at % filters, j = at / filters % out_width, i = at / filters / out_width % out_height, n = at / filters / out_width / out_height;
    uint own = channels / groups, begin = (first + o) / (out_channels / groups) * own;
    float sum = 0.0;
    for (uint p = 0; p < size_y; p++) {
        uint row = i * stride_y + p * dilation_y - pad_top; // wraps round where it is above the input
        if (row >= height) continue;
        for (uint q = 0; q < size_x; q++) {
            uint column = j * stride_x + q * dilation_x - pad_left;
            if (column >= width) continue;
            uint from = x_at + ((n * height + row) * width + column) * channels + begin, k = (p * size_x + q) * own * filters + o;
            for (uint c = 0; c < own; c++) sum += X(from + c) * weight(k + c * filters);
        }
    }
    if (has_bias != 0) sum += bias(size_y * size_x * own * filters, o);
    uint to = at / filters * out_channels + first + o;
    PUT(y_at + to, FINISH(sum, to));
}

#version 450
#extension GL_GOOGLE_include_directive : require
// Convolution with a 1x1 window and a stride, without padding: the one that
// halves a feature map by reading every second position of every second row.
//   y[n, i, j, o] = b[o] + sum over c of x[n, i s, j s, c] k[c, o]
// x: NHWC. w: the kernel, (channels, filters), and behind it the bias where
// has_bias is 1. Each invocation owns one output
// element: one of `filters` channels from `first` on, of out_channels.
#include "include/tensors.glsl"
#include "include/weights.glsl"
#include "include/epilogue.glsl"
#include "include/window.glsl"
layout(push_constant) uniform Push { HEAD; WINDOW; uint filters, first, out_channels, has_bias; EPILOGUE; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint o = at % filters, j = at / filters % out_width, i = at / filters / out_width % out_height, n = at / filters / out_width / out_height;
    uint from = x_at + ((n * height + i * stride_y) * width + j * stride_x) * channels;
    float sum = 0.0;
    for (uint c = 0; c < channels; c++) sum += X(from + c) * weight(c * filters + o);
    if (has_bias != 0) sum += bias(channels * filters, o);
    uint to = at / filters * out_channels + first + o;
    PUT(y_at + to, FINISH(sum, to));
}

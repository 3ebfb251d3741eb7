#version 450
#extension GL_GOOGLE_include_directive : require
// A matrix product over the last axis: y[m, o] = b[o] + sum over c of x[m, c] k[c, o]
// x: (rows, channels). w: the kernel (channels, filters), and behind it the bias
// where has_bias is 1. Each invocation owns one output
// element: one of `filters` from `first` on, of out_channels.
#include "include/tensors.glsl"
#include "include/weights.glsl"
#include "include/epilogue.glsl"
layout(push_constant) uniform Push { HEAD; uint channels, filters, first, out_channels, has_bias; EPILOGUE; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint o = at % filters, from = x_at + at / filters * channels;
    float sum = 0.0;
    for (uint c = 0; c < channels; c++) sum += X(from + c) * weight(c * filters + o);
    if (has_bias != 0) sum += bias(channels * filters, o);
    uint to = at / filters * out_channels + first + o;
    PUT(y_at + to, FINISH(sum, to));
}

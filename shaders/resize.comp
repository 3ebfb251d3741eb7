#version 450
#extension GL_GOOGLE_include_directive : require
// A feature map of another height and width:
//   y[n, i, j, c] = sum over p, q of wy[i, p] wx[j, q] x[n, fy[i] + p, fx[j] + q, c]
// x: NHWC. w: for every output row the first input row, fy, as a number, then the
// rows' weights, taps_y each; then the same for columns. Each invocation owns one
// output element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint height, width, channels, out_height, out_width, taps_y, taps_x; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at % channels, j = at / channels % out_width, i = at / channels / out_width % out_height, n = at / channels / out_width / out_height;
    uint columns = out_height * (1 + taps_y), row = uint(w[i]), column = uint(w[columns + j]);
    float sum = 0.0;
    for (uint p = 0; p < taps_y; p++) {
        uint from = x_at + ((n * height + row + p) * width + column) * channels + c;
        float part = 0.0;
        for (uint q = 0; q < taps_x; q++) part += w[columns + out_width + j * taps_x + q] * X(from + q * channels);
        sum += w[out_height + i * taps_y + p] * part;
    }
    PUT(y_at + at, sum);
}

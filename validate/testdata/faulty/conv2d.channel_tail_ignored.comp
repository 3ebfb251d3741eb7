#version 450
// DELIBERATELY WRONG, for the tests of package validate:
// input channels are read in fours, and what is left over is not read.
// A copy of shaders/conv2d.comp with that one mistake.
// Convolution with a KxK window, the plain way:
//   y[n, i, j, o] = b[o] + sum over p, q, c of x[n, i s - pad + p d, j s - pad + q d, c] k[p, q, c, o]
// x: NHWC. w: the kernel, HWIO, and behind it the bias where has_bias is 1.
// Each invocation owns one output
// element: one of `filters` channels from `first` on, of out_channels.
layout(std430, binding = 0) readonly buffer X { float x[]; };  // first input
layout(std430, binding = 1) readonly buffer W { float w[]; };  // weights, packed one behind the other in Keras's order
layout(std430, binding = 2) buffer Y { float y[]; };           // output
layout(std430, binding = 3) readonly buffer R { float r[]; };  // second input

#define HEAD uint count, x_at, y_at, r_at
layout(local_size_x = 64) in;

uint index() {
    return gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
}
#define EPILOGUE uint r_on; float lowest, highest

#define FINISH(v, at) finish(v, r_on != 0 ? r[r_at + (at)] : 0.0, lowest, highest)

float finish(float v, float residual, float lowest, float highest) {
    v += residual;
    if (v < lowest) return lowest;
    return v > highest ? highest : v;
}
#define WINDOW \
    uint height, width, channels;   /* of the input */ \
    uint out_height, out_width;     \
    uint size_y, size_x;            /* taps */ \
    uint stride_y, stride_x;        \
    uint dilation_y, dilation_x;    \
    uint pad_top, pad_left
layout(push_constant) uniform Push { HEAD; WINDOW; uint filters, first, out_channels, has_bias; EPILOGUE; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint o = at % filters, j = at / filters % out_width, i = at / filters / out_width % out_height, n = at / filters / out_width / out_height;
    float sum = 0.0;
    for (uint p = 0; p < size_y; p++) {
        uint row = i * stride_y + p * dilation_y - pad_top; // wraps round where it is above the input
        if (row >= height) continue;
        for (uint q = 0; q < size_x; q++) {
            uint column = j * stride_x + q * dilation_x - pad_left;
            if (column >= width) continue;
            uint from = x_at + ((n * height + row) * width + column) * channels, k = (p * size_x + q) * channels * filters + o;
            for (uint c = 0; c < channels / 4 * 4; c++) sum += x[from + c] * w[k + c * filters];
        }
    }
    if (has_bias != 0) sum += w[size_y * size_x * channels * filters + o];
    uint to = at / filters * out_channels + first + o;
    y[y_at + to] = FINISH(sum, to);
}

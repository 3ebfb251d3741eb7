#version 450
// DELIBERATELY WRONG, for the tests of package validate:
// the second input is not added.
// A copy of shaders/add.comp with that one mistake.
// The sum of two tensors, element by element, with broadcasting.
// x, r: the inputs. Each invocation owns one output element.
layout(std430, binding = 0) readonly buffer X { float x[]; };  // first input
layout(std430, binding = 1) readonly buffer W { float w[]; };  // weights, packed one behind the other in Keras's order
layout(std430, binding = 2) buffer Y { float y[]; };           // output
layout(std430, binding = 3) readonly buffer R { float r[]; };  // second input

#define HEAD uint count, x_at, y_at, r_at
layout(local_size_x = 64) in;

uint index() {
    return gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
}
#define BROADCAST \
    uint rows, columns, channels; \
    uint x_image, x_row, x_column, x_channel; \
    uint r_image, r_row, r_column, r_channel
#define EPILOGUE uint r_on; float lowest, highest

#define FINISH(v, at) finish(v, r_on != 0 ? r[r_at + (at)] : 0.0, lowest, highest)

float finish(float v, float residual, float lowest, float highest) {
    v += residual;
    if (v < lowest) return lowest;
    return v > highest ? highest : v;
}
layout(push_constant) uniform Push { HEAD; BROADCAST; float lowest, highest; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint c = at % channels, j = at / channels % columns, i = at / channels / columns % rows, n = at / channels / columns / rows;
    float a = x[x_at + n * x_image + i * x_row + j * x_column + c * x_channel];
    y[y_at + at] = finish(a, 0.0, lowest, highest);
}

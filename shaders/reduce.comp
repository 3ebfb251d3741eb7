#version 450
#extension GL_GOOGLE_include_directive : require
// One number of all that lie along some axes: see nn.Reduce for what each
// function computes. Axes are joined where they are neighbours: three are kept
// at most (k), three reduced (r), innermost last.
// x: the input; strides are in elements. Each invocation owns one output element.
#include "include/tensors.glsl"
layout(push_constant) uniform Push {
    HEAD; uint func;
    uint k0, k1, k2, kept_image, kept0, kept1, kept2;
    uint r0, r1, r2, reduced0, reduced1, reduced2;
};

// The place of the function in nn.ReduceFuncs.
#define SUM 0
#define MEAN 1
#define MAX 2
#define MIN 3
#define PROD 4
#define ARGMAX 5
#define ARGMIN 6

// Sums may be long: what each addition rounds off is carried along (Kahan 1965,
// "Further remarks on reducing truncation errors").
void main() {
    uint at = index();
    if (at >= count) return;
    uint from = x_at + at % k2 * kept2 + at / k2 % k1 * kept1 + at / k2 / k1 % k0 * kept0 + at / k2 / k1 / k0 * kept_image;
    float v = X(from), best = v;
    precise float sum = 0.0, lost = 0.0;
    float product = 1.0;
    uint place = 0, first = 0;
    for (uint i = 0; i < r0; i++)
        for (uint j = 0; j < r1; j++)
            for (uint k = 0; k < r2; k++, place++) {
                v = X(from + i * reduced0 + j * reduced1 + k * reduced2);
                if (func <= MEAN) {
                    precise float term = v - lost, next = sum + term;
                    lost = next - sum - term;
                    sum = next;
                } else if (func == PROD) {
                    product *= v;
                } else if (func == MAX || func == ARGMAX ? v > best : v < best) {
                    best = v;
                    first = place;
                }
            }
    switch (func) {
    case SUM: v = sum; break;
    case MEAN: v = sum / float(place); break;
    case PROD: v = product; break;
    case ARGMAX: case ARGMIN: v = float(first); break;
    default: v = best;
    }
    PUT(y_at + at, v);
}

#version 450
#extension GL_GOOGLE_include_directive : require
// Normalisation of elements by their own statistics, for nn.LayerNorm and
// nn.GroupNorm, over fours of the innermost axis: y = f(x) gamma + beta, f being
// nn.NormFunc's by its place in nn.NormFuncs.
// x: arrays (first, between, second), in which elements are normalised together that
// agree in between. w: gamma (where has_gamma), then beta (where has_beta), each
// (between, second). Each invocation owns the elements that are normalised together;
// count is the number of such groups.
//
// The mean is subtracted before squares are summed, and sums are taken in runs of
// RUN fours, so that long ones keep their digits.
#include "include/divide.glsl"
#include "include/quads.glsl"
layout(local_size_x = 64) in;

// Places, second and period are in fours; inner is 1.
layout(push_constant) uniform Push { uint count, x_at, y_at, r_at, func, first, between, second, inner, period, has_gamma, has_beta; float epsilon; } push;

#define STANDARD 0
#define RMS 1
#define VARIANCE 2
#define L2 3
#define RUN 16

// sum_of adds up x, or the squares of x - mean, over the group that begins at a place.
float sum_of(uint begin, uint first, uint second, uint row, bool squares, float mean) {
    vec4 sum = vec4(0);
    for (uint f = 0; f < first; f++) {
        for (uint from = 0; from < second; from += RUN) {
            vec4 part = vec4(0);
            for (uint i = from; i < min(from + RUN, second); i++) {
                const vec4 v = x4(begin + f * row + i, 4) - mean;
                part += squares ? v * v : v;
            }
            sum += part;
        }
    }
    return (sum.x + sum.y) + (sum.z + sum.w);
}

void main() {
    const uint at = index();
    if (at >= push.count) return;
    const uint first = push.first, second = push.second, row = push.between * second, x_at = push.x_at, y_at = push.y_at;
    const uint outer = divide(at, push.between), channel = (at - outer * push.between) * second, group = outer * first * row + channel;
    const bool centred = push.func == STANDARD || push.func == VARIANCE, has_gamma = push.has_gamma != 0, has_beta = push.has_beta != 0;
    const uint beta = has_gamma ? push.period : 0;
    const float n = float(4 * first * second), mean = centred ? sum_of(x_at + group, first, second, row, false, 0.0) / n : 0.0;
    const float squares = sum_of(x_at + group, first, second, row, true, mean);
    const float divisor = push.func == L2 ? max(sqrt(squares), push.epsilon) : sqrt(squares / n + push.epsilon);
    const float offset = push.func == STANDARD ? mean : 0.0;
    for (uint f = 0; f < first; f++) {
        for (uint i = 0; i < second; i++) {
            const uint e = group + f * row + i;
            vec4 v = (x4(x_at + e, 4) - offset) / divisor;
            if (has_gamma) v *= W4(channel + i);
            if (has_beta) v += W4(beta + channel + i);
            put4(y_at + e, v, 4);
        }
    }
}

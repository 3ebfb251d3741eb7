#version 450
#extension GL_GOOGLE_include_directive : require
// Normalisation of elements by their own statistics, for nn.LayerNorm and
// nn.GroupNorm: y = f(x) gamma + beta, f being nn.NormFunc's by its place in
// nn.NormFuncs.
// x: arrays (first, between, second, inner), in which elements are normalised
// together that agree in between and inner. w: gamma (where has_gamma), then beta
// (where has_beta), each of period elements, after which they repeat. Each
// invocation owns the elements that are normalised together; count is the number
// of such groups.
//
// The mean is subtracted before squares are summed, and sums are taken in runs of
// RUN terms, so that long ones keep their digits.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint func, first, between, second, inner, period, has_gamma, has_beta; float epsilon; };

#define STANDARD 0
#define RMS 1
#define VARIANCE 2
#define L2 3
#define RUN 64

uint group; // where the elements of the invocation begin

// place returns where element i of the group lies.
uint place(uint i) { return group + i / second * between * second * inner + i % second * inner; }

// sum_of adds up x, or the squares of x - mean, over the group.
float sum_of(bool squares, float mean) {
    float sum = 0.0;
    uint n = first * second;
    for (uint from = 0; from < n; from += RUN) {
        float part = 0.0;
        for (uint i = from; i < min(from + RUN, n); i++) {
            float v = X(x_at + place(i)) - mean;
            part += squares ? v * v : v;
        }
        sum += part;
    }
    return sum;
}

void main() {
    uint at = index();
    if (at >= count) return;
    group = (at / inner / between * first * between + at / inner % between) * second * inner + at % inner;
    float n = float(first * second), mean = func == STANDARD || func == VARIANCE ? sum_of(false, 0.0) / n : 0.0;
    float squares = sum_of(true, mean);
    float divisor = func == L2 ? max(sqrt(squares), epsilon) : sqrt(squares / n + epsilon);
    float offset = func == STANDARD ? mean : 0.0;
    for (uint i = 0; i < first * second; i++) {
        uint e = place(i);
        float v = (X(x_at + e) - offset) / divisor;
        if (has_gamma != 0) v *= w[e % period];
        if (has_beta != 0) v += w[has_gamma * period + e % period];
        PUT(y_at + e, v);
    }
}

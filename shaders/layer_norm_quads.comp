#version 450
#extension GL_GOOGLE_include_directive : require
// Normalisation of elements by their own statistics, for nn.LayerNorm and
// nn.GroupNorm, over fours of the innermost axis: y = f(x) gamma + beta, f being
// nn.NormFunc's by its place in nn.NormFuncs.
// x: arrays (first, between, second), in which elements are normalised together that
// agree in between. w: gamma (where has_gamma), then beta (where has_beta), each
// (between, second). A work group owns the elements that are normalised together, y and
// z of the grid being which; on drivers that are CPUs each invocation does. count is the
// number of such groups.
//
// The mean is subtracted before squares are summed, and sums are taken in runs of
// RUN fours, so that long ones keep their digits.
#include "include/divide.glsl"
#include "include/quads.glsl"
#define THREADS 64
layout(local_size_x = THREADS) in;

// Places, second and period are in fours; inner is 1.
layout(push_constant) uniform Push { uint count, x_at, y_at, r_at, func, first, between, second, inner, period, has_gamma, has_beta; float epsilon; } push;

#define STANDARD 0
#define RMS 1
#define VARIANCE 2
#define L2 3
#define RUN 16

#ifdef TEXELS
const uint SHARES = 1; // of a group's fours
uint group_index() { return index(); }
uint share() { return 0; }
float together(float v) { return v; }
#else
const uint SHARES = THREADS;
uint group_index() { return line_index(); }
uint share() { return gl_LocalInvocationID.x; }

shared float results[THREADS];

// The sum of what the invocations have.
float together(float v) {
    const uint id = share();
    barrier(); // all have read what is there
    results[id] = v;
    for (uint half_ = THREADS / 2; half_ > 0; half_ /= 2) {
        barrier();
        if (id < half_) results[id] += results[id + half_];
    }
    barrier();
    return results[0];
}
#endif

// place returns where four i of a group lies behind its first.
uint place(uint i, uint second, uint row) {
    if (i < second) return i;
    const uint f = divide(i, second);
    return f * row + i - f * second;
}

// sum_of adds up x, or the squares of x - mean, over the n fours of the group that
// begins at a place.
float sum_of(uint begin, uint n, uint second, uint row, bool squares, float mean) {
    vec4 sum = vec4(0);
    for (uint from = share(); from < n; from += RUN * SHARES) {
        vec4 part = vec4(0);
        for (uint i = from; i < min(from + RUN * SHARES, n); i += SHARES) {
            const vec4 v = x4(begin + place(i, second, row), 4) - mean;
            part += squares ? v * v : v;
        }
        sum += part;
    }
    return together((sum.x + sum.y) + (sum.z + sum.w));
}

void main() {
    const uint at = group_index();
    if (at >= push.count) return; // a whole work group, where that owns the elements
    const uint second = push.second, row = push.between * second, fours = push.first * second, x_at = push.x_at, y_at = push.y_at;
    const uint outer = divide(at, push.between), channel = (at - outer * push.between) * second, group = outer * push.first * row + channel;
    const bool centred = push.func == STANDARD || push.func == VARIANCE, has_gamma = push.has_gamma != 0, has_beta = push.has_beta != 0;
    const uint beta = has_gamma ? push.period : 0;
    const float n = float(4 * fours), mean = centred ? sum_of(x_at + group, fours, second, row, false, 0.0) / n : 0.0;
    const float squares = sum_of(x_at + group, fours, second, row, true, mean);
    const float divisor = push.func == L2 ? max(sqrt(squares), push.epsilon) : sqrt(squares / n + push.epsilon);
    const float offset = push.func == STANDARD ? mean : 0.0;
    for (uint i = share(); i < fours; i += SHARES) {
        const uint e = place(i, second, row), c = channel + i - divide(i, second) * second;
        vec4 v = (x4(x_at + group + e, 4) - offset) / divisor;
        if (has_gamma) v *= W4(c);
        if (has_beta) v += W4(beta + c);
        put4(y_at + group + e, v, 4);
    }
}

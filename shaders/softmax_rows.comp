#version 450
#extension GL_GOOGLE_include_directive : require
// Softmax over rows for GPUs: see softmax.comp. Each work group owns a row, which
// its invocations share. y and z of the grid are the row; count is the number of
// rows.
#define THREADS 128
#include "include/bindings.glsl"
layout(local_size_x = THREADS) in;
layout(push_constant) uniform Push { HEAD; uint extent, inner; };

shared float results[THREADS];

// The largest or the sum of what the invocations have.
float together(uint id, float v, bool largest) {
    barrier(); // all have read what is there
    results[id] = v;
    for (uint half_ = THREADS / 2; half_ > 0; half_ /= 2) {
        barrier();
        if (id < half_) results[id] = largest ? max(results[id], results[id + half_]) : results[id] + results[id + half_];
    }
    barrier();
    return results[0];
}

void main() {
    const uint row = gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y, id = gl_LocalInvocationID.x;
    if (row >= count) return; // a whole work group
    const uint begin = row / inner * extent * inner + row % inner, from = x_at + begin, to = y_at + begin;
    float top = X(from);
    for (uint c = id; c < extent; c += THREADS) top = max(top, X(from + c * inner));
    top = together(id, top, true);
    float sum = 0.0;
    for (uint c = id; c < extent; c += THREADS) sum += exp(X(from + c * inner) - top);
    sum = together(id, sum, false);
    for (uint c = id; c < extent; c += THREADS) PUT(to + c * inner, exp(X(from + c * inner) - top) / sum);
}

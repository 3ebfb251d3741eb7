#version 450
#extension GL_GOOGLE_include_directive : require
// Sparsemax over rows, as Keras computes it: y[c] = max(x[c] - tau, 0), see
// nn.Sparsemax. x: rows of extent elements that lie inner apart. Each invocation
// owns one row; count is the number of rows.
//
// Which values support the result is found without sorting: they are those above
// (the sum of those above - 1) / (their number), which taken over all values is
// too low, and taken again over those above it rises until none falls away
// (Michelot 1986). Then a value is in as many of the running sums as there are
// values of the support that are not above it. Values are taken less the largest,
// so that sums keep their digits.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint extent, inner; };

void main() {
    uint at = index();
    if (at >= count) return;
    uint row = at / inner * extent * inner + at % inner, from = x_at + row, to = y_at + row;
    float top = X(from);
    for (uint c = 1; c < extent; c++) top = max(top, X(from + c * inner));

    float above = -1.0; // no value that is 1 or more below the largest is in the support
    uint support = extent + 1;
    for (uint round = 0; round < extent; round++) {
        float sum = 0.0;
        uint found = 0;
        for (uint c = 0; c < extent; c++) {
            float v = X(from + c * inner) - top;
            if (v > above) { sum += v; found++; }
        }
        if (found == support || found == 0) break;
        support = found;
        above = (sum - 1.0) / float(found);
    }

    float sums = 0.0;
    for (uint c = 0; c < extent; c++) {
        float v = X(from + c * inner) - top;
        if (v <= above) continue;
        uint times = 0;
        for (uint d = 0; d < extent; d++) {
            float other = X(from + d * inner) - top;
            if (other > above && (other < v || other == v && d >= c)) times++;
        }
        sums += v * float(times);
    }
    // tau - top: each of the running sums holds top once a value.
    float k = float(support), tau = (sums - 1.0) / k + top * (k - 1.0) / 2.0;
    for (uint c = 0; c < extent; c++) PUT(to + c * inner, max(X(from + c * inner) - top - tau, 0.0));
}

#version 450
#extension GL_GOOGLE_include_directive : require
// Sorts rows: see nn.Sort. x: rows of extent elements that lie inner apart. Each
// invocation owns one element of x and counts those that come before it, which is
// its place in y: no two have the same, so each element of y is written once.
#include "include/tensors.glsl"
layout(push_constant) uniform Push { HEAD; uint extent, inner, descending, positions; };

// key is a whole number that rises with the float. It is made of the bits, because
// drivers may compute as if there were no NaN, and two with one place would leave
// another empty.
uint key(float v) {
    uint bits = floatBitsToUint(v);
    if ((bits & 0x7fffffff) > 0x7f800000) return 0xffffffff;
    if (bits == 0x80000000) bits = 0;
    return bits >> 31 == 1 ? ~bits : bits | 0x80000000;
}

void main() {
    uint at = index();
    if (at >= count) return;
    uint own = at / inner % extent, row = at - own * inner, turn = descending == 1 ? 0xffffffff : 0;
    float v = X(x_at + at);
    uint mine = key(v) ^ turn, place = 0;
    for (uint c = 0; c < extent; c++) {
        uint other = key(X(x_at + row + c * inner)) ^ turn;
        if (other < mine || other == mine && c < own) place++;
    }
    PUT(y_at + row + place * inner, positions == 1 ? float(own) : v);
}

#version 450
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require
// How fast a device multiplies and adds: twelve chains an invocation,
//   a = a b + c, TURN times a round,
// that no compiler can shorten or join. Twelve hide the latency of CPUs' units
// within their sixteen registers (on llvmpipe eight reach half as much), and
// leave GPUs' registers to many invocations. They are variables by themselves
// because some compilers keep arrays in memory.
// x: one vec4, whose first numbers are b and c. y: one float an invocation.
layout(push_constant) uniform Push { uint count, rounds; };
#include "include/roof.glsl"

const uint TURN = 32; // shaders.RoofTurn is twelve times as much

#define EACH(F) F(a0) F(a1) F(a2) F(a3) F(a4) F(a5) F(a6) F(a7) F(a8) F(a9) F(a10) F(a11)
#define START(a) float a = start++;
#define STEP(a) a = a * b + c;
#define SUM(a) sum += a;

void main() {
    uint at = index();
    if (at >= count) return;
    vec4 constants = imageLoad(x, 0);
    float b = constants.x, c = constants.y, start = float(at), sum = 0;
    EACH(START)
    for (uint n = rounds; n > 0; n--) {
        [[unroll]] for (uint t = 0; t < TURN; t++) { EACH(STEP) }
    }
    EACH(SUM)
    y[at / 4][at % 4] = sum;
}

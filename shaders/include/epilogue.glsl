// What a kernel does to its result before storing it: adds a residual, applies
// the function FUNC and bounds it. r_on: 1 where r is added. lowest and highest
// are infinities where there is no bound; NaN passes. parameter is FUNC's, where
// it has one.
//
// FUNC is a specialization constant: a driver that runs on the CPU would compute
// every function of a switch.
#include "activation.glsl"
layout(constant_id = 0) const uint FUNC = LINEAR;

#define EPILOGUE uint r_on; float lowest, highest, parameter

#define FINISH(v, at) finish(v, r_on != 0 ? R(r_at + (at)) : 0.0, lowest, highest, parameter)

float finish(float v, float residual, float lowest, float highest, float parameter) {
    v = activate(FUNC, v + residual, parameter, 0.0, 0.0, parameter);
    if (v < lowest) return lowest;
    return v > highest ? highest : v;
}

vec4 finish(vec4 v, float lowest, float highest, float parameter) {
    if (FUNC != LINEAR) for (uint e = 0; e < 4; e++) v[e] = activate(FUNC, v[e], parameter, 0.0, 0.0, parameter);
    // clamp may turn NaN into a bound; comparisons leave it.
    v = mix(v, vec4(lowest), lessThan(v, vec4(lowest)));
    return mix(v, vec4(highest), greaterThan(v, vec4(highest)));
}

#version 450
#extension GL_GOOGLE_include_directive : require
// A function of one number: see nn.Unary for what each one computes.
// Each invocation owns one element.
#include "include/tensors.glsl"
#include "include/activation.glsl"
layout(push_constant) uniform Push { HEAD; uint func; };

// The place of the function in nn.UnaryFuncs.
#define LOG 0
#define LOG1P 1
#define EXPM1 2
#define SQRT 3
#define RSQRT 4
#define RECIPROCAL 5
#define ABS 6
#define SIGN 7
#define FLOOR 8
#define CEIL 9
#define ROUND 10
#define TRUNC 11
#define SIN 12
#define COS 13
#define ERF 14
#define ERFC 15
#define ARCTAN 16
#define FLOAT8 17

// log(1 + v): near 0 by the series of 2 artanh(v / (2 + v)), for 1 + v has lost
// digits there.
float log_1_plus(float v) {
    if (abs(v) > 0.25) return log(1.0 + v);
    float t = v / (2.0 + v), s = t * t;
    return 2.0 * t * (1.0 + s * (1.0 / 3.0 + s * (1.0 / 5.0 + s * (1.0 / 7.0 + s / 9.0))));
}

// The error function: near 0 by its series, for 1 - erfc has lost digits there.
float erf(float v) {
    float a = abs(v), s = v * v;
    if (a > 0.5) return sign(v) * (1.0 - erfc_positive(a));
    return 1.12837917 * v * (1.0 - s * (1.0 / 3.0 - s * (1.0 / 10.0 - s * (1.0 / 42.0 - s * (1.0 / 216.0 - s / 1320.0)))));
}

// The complementary error function: near 0 and below by erf, for the fit of
// erfc_positive is of numbers above.
float erfc(float v) { return v > 0.5 ? erfc_positive(v) : 1.0 - erf(v); }

// The arc tangent: Cephes's atanf, whose polynomial is for angles below pi/8.
// Vulkan's own may be wrong by 4096 units in the last place.
float arc_tangent(float v) {
    float a = abs(v), angle = 0.0, t = a;
    if (a > 2.41421356) {
        angle = 1.57079633;
        t = -1.0 / a;
    } else if (a > 0.41421356) {
        angle = 0.785398163;
        t = (a - 1.0) / (a + 1.0);
    }
    float s = t * t;
    float p = s * (-0.333329491539 + s * (0.199777106478 + s * (-0.138776856032 + s * 0.0805374449538)));
    angle += t + t * p;
    return v < 0.0 ? -angle : angle;
}

// The sine of v and so many quarters of a turn, by Cody and Waite's reduction and Cephes'
// polynomials: Vulkan's own may be 2^-11 off, as SwiftShader's is.
float sine(float v, float quarters) {
    float n = roundEven(v * 0.636619772), z;
    precise float r = v - n * 1.5703125;
    r = r - n * 4.8375129699707031e-4;
    r = r - n * 7.5497899487686482e-8;
    z = r * r;
    n += quarters;
    n -= 4.0 * floor(0.25 * n);
    float y = n == 0.0 || n == 2.0 ? r + r * z * ((8.3321608736e-3 - 1.9515295891e-4 * z) * z - 1.6666654611e-1)
                                   : 1.0 - 0.5 * z + z * z * ((2.4433157118e-5 * z - 1.3887316255e-3) * z + 4.1666645683e-2);
    return n >= 2.0 ? -y : y;
}

// The nearest number of float8 (e4m3fn), by the power of two of its last place: exact,
// for powers of two are.
float to_float8(float v) {
    float a = min(abs(v), 448.0);
    int place = max(int(floatBitsToUint(a) >> 23), 127 - 6) - 3;
    return sign(v) * roundEven(a * uintBitsToFloat(uint(254 - place) << 23)) * uintBitsToFloat(uint(place) << 23);
}

float unary(float v) {
    switch (func) {
    case LOG1P: return log_1_plus(v);
    case EXPM1: return v > 0.3 ? exp(v) - 1.0 : exp_minus_1(v);
    case SQRT: return sqrt(v);
    case RSQRT: return 1.0 / sqrt(v);
    case RECIPROCAL: return 1.0 / v;
    case ABS: return abs(v);
    case SIGN: return sign(v);
    case FLOOR: return floor(v);
    case CEIL: return ceil(v);
    case ROUND: return roundEven(v);
    case TRUNC: return trunc(v);
    case SIN: return sine(v, 0.0);
    case COS: return sine(v, 1.0);
    case ERF: return erf(v);
    case ERFC: return erfc(v);
    case ARCTAN: return arc_tangent(v);
    case FLOAT8: return to_float8(v);
    }
    return log(v);
}

void main() {
    uint at = index();
    if (at >= count) return;
    PUT(y_at + at, unary(X(x_at + at)));
}

// The functions of nn.Activation, by their place in nn.Funcs.
#define LINEAR 0
#define RELU 1
#define SIGMOID 2
#define TANH 3
#define ELU 4
#define SWISH 5
#define GELU 6
#define GELU_TANH 7
#define HARD_SIGMOID 8
#define HARD_SWISH 9
#define HARD_TANH 10
#define SELU 11
#define CELU 12
#define EXPONENTIAL 13
#define SOFTPLUS 14
#define SOFTSIGN 15
#define MISH 16
#define LOG_SIGMOID 17
#define HARD_SHRINK 18
#define SOFT_SHRINK 19
#define TANH_SHRINK 20
#define THRESHOLD 21
#define SQUAREPLUS 22
#define SPARSE_PLUS 23

float logistic(float v) { return 1.0 / (1.0 + exp(-v)); }

// 1 - tanh(v) / v for |v| < 0.3, from s = v v, by its series.
float tanh_lack(float s) { return s * (1.0 / 3.0 - s * (2.0 / 15.0 - s * (17.0 / 315.0 - s * (62.0 / 2835.0 - s * 1382.0 / 155925.0)))); }

// tanh from exp(-2|v|), which cannot overflow; a series near 0, where the
// difference would lose its digits.
float hyperbolic_tangent(float v) {
    float a = abs(v);
    if (a < 0.3) return v * (1.0 - tanh_lack(v * v));
    float e = exp(-2.0 * a);
    return sign(v) * (1.0 - e) / (1.0 + e);
}

// exp(v) - 1 for v <= 0, with its digits kept near 0.
float exp_minus_1(float v) {
    if (v < -0.3) return exp(v) - 1.0;
    return v * (1.0 + v / 2.0 * (1.0 + v / 3.0 * (1.0 + v / 4.0 * (1.0 + v / 5.0 * (1.0 + v / 6.0 * (1.0 + v / 7.0))))));
}

// log(1 + exp(v)): no exponential overflows, and a small one is not lost in the
// sum with 1.
float softplus(float v) {
    float e = exp(-abs(v));
    return max(v, 0.0) + (e < 0.01 ? e * (1.0 - e * (0.5 - e / 3.0)) : log(1.0 + e));
}

// v tanh(log(1 + exp v)), which is v n / (n + 2) with n = e (e + 2), e = exp v.
float mish(float v) {
    if (v > 20.0) return v;
    float e = exp(v), n = e * (e + 2.0);
    return v * n / (n + 2.0);
}

// (v + sqrt(v v + b)) / 2, without a difference of two large numbers below 0.
float squareplus(float v, float b) {
    float root = sqrt(v * v + b);
    return v < 0.0 ? 0.5 * b / (root - v) : 0.5 * (v + root);
}

// The complementary error function for v >= 0: Numerical Recipes in C, 2nd
// edition, section 6.2 (fractional error below 1.2e-7).
float erfc_positive(float v) {
    float t = 1.0 / (1.0 + 0.5 * v);
    float p = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806
        + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
    return t * exp(-v * v + p);
}

// The normal distribution function.
float normal_cdf(float v) {
    float tail = 0.5 * erfc_positive(abs(v) * 0.70710678);
    return v < 0.0 ? tail : 1.0 - tail;
}

float activate(uint func, float v, float slope, float threshold, float highest, float alpha) {
    switch (func) {
    case RELU:
        if (v <= threshold) return slope == 0.0 ? 0.0 : slope * (v - threshold);
        return highest > 0.0 && v > highest ? highest : v;
    case SIGMOID: return logistic(v);
    case TANH: return hyperbolic_tangent(v);
    case ELU: return v > 0.0 ? v : alpha * exp_minus_1(v);
    case SWISH: return v * logistic(v);
    case GELU: return v * normal_cdf(v);
    case GELU_TANH: return 0.5 * v * (1.0 + hyperbolic_tangent(0.79788456 * (v + 0.044715 * v * v * v)));
    case HARD_SIGMOID: return clamp(slope * v + 0.5, 0.0, 1.0);
    case HARD_SWISH: return v * clamp(slope * v + 0.5, 0.0, 1.0);
    case HARD_TANH: return clamp(v, -1.0, 1.0);
    case SELU: return v > 0.0 ? 1.05070099 * v : 1.75809934 * exp_minus_1(v);
    case CELU: return v > 0.0 ? v : alpha * exp_minus_1(v / alpha);
    case EXPONENTIAL: return exp(v);
    case SOFTPLUS: return softplus(v);
    case SOFTSIGN: return v / (1.0 + abs(v));
    case MISH: return mish(v);
    case LOG_SIGMOID: return -softplus(-v);
    case HARD_SHRINK: return abs(v) <= threshold ? 0.0 : v;
    case SOFT_SHRINK: return v > threshold ? v - threshold : min(v + threshold, 0.0);
    case TANH_SHRINK: return abs(v) < 0.3 ? v * tanh_lack(v * v) : v - hyperbolic_tangent(v);
    case THRESHOLD: return v > threshold ? v : alpha;
    case SQUAREPLUS: return squareplus(v, alpha);
    case SPARSE_PLUS: return v >= 1.0 ? v : 0.25 * max(v + 1.0, 0.0) * max(v + 1.0, 0.0);
    }
    return v;
}

// Functions of two numbers: sum and product, then those of nn.Binary by their
// place in nn.BinaryFuncs.
#define ADD 0
#define MULTIPLY 1
#define SUBTRACT 2
#define DIVIDE 3
#define MAXIMUM 4
#define MINIMUM 5
#define POWER 6
#define SQUARED_DIFFERENCE 7
#define FLOOR_DIVIDE 8
#define REMAINDER 9
#define WHERE 10
#define UNLESS 11
#define EQUAL 12
#define NOT_EQUAL 13
#define LESS 14
#define LESS_EQUAL 15
#define GREATER 16
#define GREATER_EQUAL 17

// floor(a / b): the quotient of a division that Vulkan lets be 2.5 units in the
// last place off may lie on the wrong side of a whole number.
float floor_divide(float a, float b) {
    float q = floor(a / b), rest = fma(-q, b, a);
    if (rest != 0.0 && (rest < 0.0) != (b < 0.0)) return q - 1.0;
    return abs(rest) >= abs(b) ? q + 1.0 : q;
}

// a to the power of b: whole exponents by repeated squaring, which takes any
// base and is exact where the products are.
float power(float a, float b) {
    if (b == 0.5) return sqrt(a);
    if (abs(b) <= 64.0 && b == floor(b)) {
        float square = a, product = 1.0;
        for (uint e = uint(abs(b)); e != 0; e >>= 1) {
            if ((e & 1) != 0) product *= square;
            square *= square;
        }
        return b < 0.0 ? 1.0 / product : product;
    }
    if (a == 0.0) return b > 0.0 ? 0.0 : 1.0 / a;
    if (a < 0.0 && b != floor(b)) return uintBitsToFloat(0x7fc00000); // NaN
    float p = exp2(b * log2(abs(a)));
    return a < 0.0 && mod(b, 2.0) != 0.0 ? -p : p;
}

float binary(uint func, float a, float b) {
    switch (func) {
    case MULTIPLY: return a * b;
    case SUBTRACT: return a - b;
    case DIVIDE: return a / b;
    case MAXIMUM: return a > b || a != a ? a : b;
    case MINIMUM: return a < b || a != a ? a : b;
    case POWER: return power(a, b);
    case SQUARED_DIFFERENCE: return (a - b) * (a - b);
    case FLOOR_DIVIDE: return floor_divide(a, b);
    case REMAINDER: return fma(-floor_divide(a, b), b, a);
    case WHERE: return a != 0.0 ? b : 0.0;
    case UNLESS: return a == 0.0 ? b : 0.0;
    case EQUAL: return float(a == b);
    case NOT_EQUAL: return float(a != b);
    case LESS: return float(a < b);
    case LESS_EQUAL: return float(a <= b);
    case GREATER: return float(a > b);
    case GREATER_EQUAL: return float(a >= b);
    }
    return a + b;
}

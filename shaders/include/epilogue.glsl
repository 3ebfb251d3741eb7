// What a kernel does to its result before storing it: adds a residual, and
// bounds it. r_on: 1 where r is added. lowest and highest are infinities where
// there is no bound; NaN passes.
#define EPILOGUE uint r_on; float lowest, highest

#define FINISH(v, at) finish(v, r_on != 0 ? R(r_at + (at)) : 0.0, lowest, highest)

float finish(float v, float residual, float lowest, float highest) {
    v += residual;
    if (v < lowest) return lowest;
    return v > highest ? highest : v;
}

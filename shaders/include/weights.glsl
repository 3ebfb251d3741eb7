// The weights of kernels that multiply by a matrix (rows, filters), row-major,
// and behind it, where the step has any, one bias a filter. Where weights are
// float16, w is words of two, and the biases behind them are float32 still:
// they are few, and the sums are not exact to begin with.
#ifdef HALF_WEIGHTS
float weight(uint i) {
    vec2 two = unpackHalf2x16(w[i >> 1]);
    return (i & 1) == 0 ? two.x : two.y;
}

float bias(uint weights, uint o) { return uintBitsToFloat(w[(weights + 1 >> 1) + o]); }
#else
float weight(uint i) { return w[i]; }
float bias(uint weights, uint o) { return w[weights + o]; }
#endif

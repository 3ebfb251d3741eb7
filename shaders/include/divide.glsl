// divide returns a / b for a below 2^22 and b of at least 1. CPUs divide
// integers lane by lane, floats eight at a time: the quotient of a + 1/2 is so
// far from the next integer that rounding cannot reach it.
uint divide(uint a, uint b) { return uint((float(a) + 0.5) / float(b)); }

// Functions of a vector's elements, each within about two units in the last place
// where float32 can be, as Cody and Waite 1980 form them: exp from the Taylor
// series of degree 7 on [-ln 2 / 2, ln 2 / 2], whose error is 5e-9, the others
// from it. It is included once for each kind of processor, behind its vectors.

// reduced returns n, the nearest integer to x / ln 2, and exp(r) - 1 of the rest.
static inline __attribute__((always_inline)) vf reduced(vf x, vf *n) {
	*n = vround(vmul(x, vset(1.44269504f)));
	vf r = vfma(*n, vset(-0.693359375f), x);
	r = vfma(*n, vset(2.12194440e-4f), r);
	vf p = vset(1 / 5040.0f);
	p = vfma(p, r, vset(1 / 720.0f));
	p = vfma(p, r, vset(1 / 120.0f));
	p = vfma(p, r, vset(1 / 24.0f));
	p = vfma(p, r, vset(1 / 6.0f));
	p = vfma(p, r, vset(0.5f));
	return vfma(vmul(p, r), r, r);
}

static inline __attribute__((always_inline)) vf exponential(vf x) {
	vf n, p = reduced(vmin(vset(89), vmax(vset(-104), x)), &n);
	vf half = vround(vmul(n, vset(0.5f))); // 2^n in two factors, each a normal number
	return vmul(vmul(vadd(p, vset(1)), vpower(half)), vpower(vsub(n, half)));
}

// exponential_less_one is exp(x) - 1 of x <= 0.
static inline __attribute__((always_inline)) vf exponential_less_one(vf x) {
	vf n, p = reduced(vmax(vset(-80), x), &n);
	vf power = vpower(n);
	return vfma(p, power, vsub(power, vset(1)));
}

// sigmoid is 1 / (1 + exp(-x)), both sides of the stroke times 2^-32: so one factor
// holds the power of two wherever the result is neither 1 nor 0.
static inline __attribute__((always_inline)) vf sigmoid(vf x) {
	const vf scale = vset(0x1p-32f);
	vf n, p = reduced(vmin(vset(104.7f), vmax(vset(-60), vsub(vset(0), x))), &n);
	return vdiv(scale, vfma(vadd(p, vset(1)), vpower(vsub(n, vset(32))), scale));
}

// hyperbolic is tanh(x) = -t / (2 + t) with t = exp(-2 |x|) - 1 and x's sign.
static inline __attribute__((always_inline)) vf hyperbolic(vf x) {
	vf size = vand(x, 0x7fffffff), t = exponential_less_one(vmul(vset(-2), size));
	vf y = vdiv(t, vadd(vset(2), t)); // not above 0
	return vxor(vxor(y, vset(-0.0f)), vand(x, 0x80000000));
}

// gelu is x Phi(x), Phi(x) = erfc(-x / sqrt 2) / 2. For z = |x| / sqrt 2,
// erfc(z) exp(z^2) is a polynomial of degree 9 in 1 / (1 + 0.4 z) - 0.5, fitted by
// least squares of the relative error over 0 <= z <= 10; the fit's is 3e-8.
static inline __attribute__((always_inline)) vf gelu(vf x) {
	vf z = vmul(vand(x, 0x7fffffff), vset(0.707106781f));
	vf u = vsub(vdiv(vset(1), vfma(z, vset(0.4f), vset(1))), vset(0.5f));
	vf p = vset(0.02902434952557087f);
	p = vfma(p, u, vset(0.05413571372628212f));
	p = vfma(p, u, vset(-0.10445970296859741f));
	p = vfma(p, u, vset(-0.16899873316287994f));
	p = vfma(p, u, vset(0.12718144059181213f));
	p = vfma(p, u, vset(0.6387580633163452f));
	p = vfma(p, u, vset(1.00028395652771f));
	p = vfma(p, u, vset(1.0068531036376953f));
	p = vfma(p, u, vset(0.7434732913970947f));
	p = vfma(p, u, vset(0.21080635488033295f));
	vf tail = vmul(vmul(p, vset(0.5f)), exponential(vsub(vset(0), vmul(z, z)))); // Phi(-|x|)
	return vmul(x, vless(x, vset(0), tail, vsub(vset(1), tail)));
}

// gelu_by_tanh is x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2.
static inline __attribute__((always_inline)) vf gelu_by_tanh(vf x) {
	vf inner = vmul(vset(0.797884561f), vfma(vmul(vmul(x, x), x), vset(0.044715f), x));
	return vmul(vmul(vset(0.5f), x), vadd(vset(1), hyperbolic(inner)));
}

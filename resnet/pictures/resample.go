package pictures

import "math"

// kernel is a resampling filter of Pillow: a weight by distance, 0 from the
// support on. Source: src/libImaging/Resample.c.
type kernel struct {
	weight  func(x float64) float64
	support float64
}

func kernelOf(f Filter) kernel {
	switch f {
	case Box:
		return kernel{box, 0.5}
	case Hamming:
		return kernel{hamming, 1}
	case Bicubic:
		return kernel{bicubic, 2}
	case Lanczos:
		return kernel{lanczos, 3}
	}
	return kernel{triangle, 1}
}

func box(x float64) float64 {
	if x > -0.5 && x <= 0.5 {
		return 1
	}
	return 0
}

func triangle(x float64) float64 { return max(1-math.Abs(x), 0) }

func hamming(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x == 0:
		return 1
	case x >= 1:
		return 0
	}
	x *= math.Pi
	// Pillow writes the two constants in single precision.
	a, b := float32(0.54), float32(0.46)
	return math.Sin(x) / x * (float64(a) + float64(float64(b)*math.Cos(x)))
}

// bicubic is the cubic convolution with a = -0.5.
func bicubic(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case x < 1:
		return float64(float64(float64((a+2)*x)-(a+3))*x*x) + 1
	case x < 2:
		return float64(float64(float64(float64((x-5)*x)+8)*x)-4) * a
	}
	return 0
}

func lanczos(x float64) float64 {
	if x < -3 || x >= 3 {
		return 0
	}
	return sinc(x) * sinc(x/3)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}

// span is the run of source samples that makes one destination sample.
type span struct {
	from    int
	weights []int // fixed point, precisionBits
}

const (
	precisionBits = 32 - 8 - 2
	rounding      = 1 << (precisionBits - 1)
)

// spans returns the weights of each destination sample along one axis: the kernel,
// stretched by in/out when that is over 1, normalised in float64 and rounded to
// fixed point. The conversions to float64 keep compilers from fusing a product and
// a sum: a bound may not round otherwise on another machine.
func spans(in, out int, k kernel) []span {
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	support := k.support * stretch
	inverse := 1 / stretch
	all := make([]span, out)
	weights := make([]float64, 0, 2*int(math.Ceil(support))+1)
	for i := range all {
		centre := float64((float64(i) + 0.5) * scale)
		from := max(int(centre-support+0.5), 0)
		to := min(int(centre+support+0.5), in)
		weights = weights[:0]
		var sum float64
		for j := from; j < to; j++ {
			w := k.weight(float64((float64(j) - centre + 0.5) * inverse))
			weights = append(weights, w)
			sum += w
		}
		all[i] = span{from, fixedPoint(weights, sum)}
	}
	return all
}

func fixedPoint(weights []float64, sum float64) []int {
	fixed := make([]int, len(weights))
	for i, w := range weights {
		if sum != 0 {
			w /= sum
		}
		fixed[i] = int(math.Copysign(0.5, w) + float64(w*(1<<precisionBits)))
	}
	return fixed
}

// resample runs Pillow's two passes, each rounded to bytes; a pass that keeps its
// size is left out. As in Pillow 13 the pass down comes first where more than twice
// as many rows are lost as columns, which also bounds what lies between the passes;
// earlier versions always go across first (python-pillow/Pillow#9549).
func resample(src source, width, height int, k kernel) *RGB {
	if lost := src.size.y - height; lost > 0 && lost > 2*(src.size.x-width) {
		tall := downwards(src, 0, spans(src.size.y, height, k))
		if width == src.size.x {
			return tall
		}
		return across(tall.source(), 0, height, spans(src.size.x, width, k))
	}
	if height == src.size.y {
		return across(src, 0, height, spans(src.size.x, width, k))
	}
	rows := spans(src.size.y, height, k)
	if width == src.size.x {
		return downwards(src, 0, rows)
	}
	// The pass across leaves out rows that the pass down never reads.
	first, last := rows[0].from, rows[height-1]
	end := last.from + len(last.weights)
	return downwards(across(src, first, end, spans(src.size.x, width, k)).source(), first, rows)
}

// across resamples rows first to end (not included) to len(columns) pixels each.
func across(src source, first, end int, columns []span) *RGB {
	dst := newRGB(len(columns), end-first)
	src = src.window(1)
	for y := range dst.Height {
		from, to := src.row(first+y, nil), dst.row(y)
		for x, c := range columns {
			r, g, b := rounding, rounding, rounding
			pixels := from[3*c.from:][:3*len(c.weights)]
			for i, w := range c.weights {
				p := pixels[3*i:][:3]
				r += int(p[0]) * w
				g += int(p[1]) * w
				b += int(p[2]) * w
			}
			d := to[3*x:][:3]
			d[0], d[1], d[2] = clip8(r>>precisionBits), clip8(g>>precisionBits), clip8(b>>precisionBits)
		}
	}
	return dst
}

// downwards resamples columns to len(rows) pixels each. Row 0 of src is row first
// of the picture that the spans speak of.
func downwards(src source, first int, rows []span) *RGB {
	dst := newRGB(src.size.x, len(rows))
	sums := make([]int, 3*src.size.x)
	longest := 1
	for _, r := range rows {
		longest = max(longest, len(r.weights))
	}
	src = src.window(longest)
	for y, r := range rows {
		for i := range sums {
			sums[i] = rounding
		}
		for i, w := range r.weights {
			for x, v := range src.row(r.from-first+i, nil) {
				sums[x] += int(v) * w
			}
		}
		to := dst.row(y)
		for i, s := range sums {
			to[i] = clip8(s >> precisionBits)
		}
	}
	return dst
}

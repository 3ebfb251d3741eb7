package pictures

import "math"

// interpolate is tf.image.resize(method="bilinear"): half-pixel centres, no
// antialiasing, single precision. Source: TensorFlow's
// core/kernels/image/resize_bilinear_op.cc.
func interpolate(dst []float32, src source, width, height int) {
	columns := mixes(src.size.x, width)
	src = src.window(2)
	for y, v := range mixes(src.size.y, height) {
		top, bottom := src.row(v.lower, nil), src.row(v.upper, nil)
		for x, h := range columns {
			d := dst[3*(y*width+x):][:3]
			for c := range d {
				l, r := 3*h.lower+c, 3*h.upper+c
				above := mix(float32(top[l]), float32(top[r]), h.part)
				below := mix(float32(bottom[l]), float32(bottom[r]), h.part)
				d[c] = mix(above, below, v.part)
			}
		}
	}
}

// twoTaps are the source samples around a destination sample, and how far it
// lies from the lower to the upper, 0 to 1.
type twoTaps struct {
	lower, upper int
	part         float32
}

func mixes(in, out int) []twoTaps {
	scale := float32(in) / float32(out)
	all := make([]twoTaps, out)
	for i := range all {
		at := float32((float32(i)+0.5)*scale) - 0.5
		below := float32(math.Floor(float64(at)))
		all[i] = twoTaps{
			lower: max(int(below), 0),
			upper: min(int(math.Ceil(float64(at))), in-1),
			part:  at - below,
		}
	}
	return all
}

func mix(a, b, part float32) float32 { return a + float32((b-a)*part) }

// resampleFloat is tf.image.resize(method="bilinear", antialias=True): a triangle
// kernel, stretched when it shrinks, without rounding; rows are summed first, then
// columns. Source: TensorFlow's core/kernels/image/scale_and_translate_op.cc.
func resampleFloat(dst []float32, src source, width, height int) {
	columns, down := floatSpans(src.size.x, width), floatSpans(src.size.y, height)
	longest := 1
	for _, s := range down {
		longest = max(longest, len(s.weights))
	}
	src = src.window(longest)
	sums := make([]float32, 3*src.size.x)
	clear(dst)
	for y, rows := range down {
		clear(sums)
		for i, w := range rows.weights {
			for x, v := range src.row(rows.from+i, nil) {
				sums[x] += float32(v) * w
			}
		}
		for x, s := range columns {
			d := dst[3*(y*width+x):][:3]
			for i, w := range s.weights {
				p := sums[3*(s.from+i):][:3]
				for c, v := range p {
					d[c] += v * w
				}
			}
		}
	}
}

type floatSpan struct {
	from    int
	weights []float32
}

func floatSpans(in, out int) []floatSpan {
	scale := 1 / (float32(out) / float32(in))
	stretch := max(scale, 1)
	all := make([]floatSpan, out)
	for i := range all {
		centre := float32((float32(i) + 0.5) * scale)
		from := max(int(math.Ceil(float64(centre-stretch-0.5))), 0)
		to := min(int(math.Floor(float64(centre+stretch-0.5))), in-1)
		s := floatSpan{from: from}
		var sum float32
		for j := from; j <= to; j++ {
			w := max(1-float32(math.Abs(float64((float32(j)+0.5-centre)/stretch))), 0)
			s.weights = append(s.weights, w)
			sum += w
		}
		for j := range s.weights {
			s.weights[j] /= sum
		}
		all[i] = s
	}
	return all
}

package pictures

// plane is one stored component of a JPEG picture.
type plane struct {
	pix      []byte
	stride   int   // bytes from row to row
	pitch    int   // bytes from sample to sample
	inverted bool  // 255 - sample is stored
	size     point // of the plane
	ratio    point // picture samples a stored sample, across and down
}

// stored returns the stored row y, the first or the last for a y beyond them: in
// buf, or where it is as it should be.
func (s plane) stored(y int, buf []byte) []byte {
	row := s.pix[min(max(y, 0), s.size.y-1)*s.stride:]
	if s.pitch == 1 && !s.inverted {
		return row[:s.size.x]
	}
	flip := byte(0)
	if s.inverted {
		flip = 255
	}
	for x := range buf {
		buf[x] = row[x*s.pitch] ^ flip
	}
	return buf
}

// dividedBy returns the size of a plane that is subsampled by ratio.
func (s point) dividedBy(ratio point) point {
	return point{(s.x + ratio.x - 1) / ratio.x, (s.y + ratio.y - 1) / ratio.y}
}

// scratch is what making one row of a plane needs.
type scratch struct {
	wide      []byte // at picture size
	near, far []byte // as stored
	sums      []int
}

// fromPlanes upsamples and converts row by row. The first plane is never
// subsampled.
func fromPlanes(planes []plane, c colours) source {
	size := planes[0].size
	rows := make([][]byte, len(planes))
	work := make([]scratch, len(planes))
	for i, s := range planes {
		n := s.size.x
		work[i] = scratch{make([]byte, n*s.ratio.x), make([]byte, n), make([]byte, n), make([]int, n)}
	}
	return source{size: size, row: func(y int, dst []byte) []byte {
		for i, s := range planes {
			rows[i] = s.row(y, work[i])[:size.x]
		}
		convertRow(dst, rows, c)
		return dst
	}}
}

// row returns row y of the plane at picture size. Ratios of 2 are interpolated, 3
// parts of the nearer sample to 1 of the farther, others repeated, as
// libjpeg-turbo 3 does (jdsample.c: h2v1_fancy_upsample, h2v2_, h1v2_,
// int_upsample).
func (s plane) row(y int, work scratch) []byte {
	const narrowest = 3 // narrower planes libjpeg repeats
	buf, sums := work.wide, work.sums
	near := s.stored(y/s.ratio.y, work.near)
	far := near
	if s.ratio.y == 2 {
		far = s.stored(y/2-1+y%2*2, work.far)
	}
	switch {
	case s.ratio == point{1, 1}:
		return near
	case s.ratio == point{1, 2}:
		bias := 1 + y%2
		for x, v := range near {
			buf[x] = byte((3*int(v) + int(far[x]) + bias) >> 2)
		}
	case s.ratio == point{2, 1} && s.size.x >= narrowest:
		for x, v := range near {
			sums[x] = int(v)
		}
		widen(buf, sums, 1, 2, 2)
	case s.ratio == point{2, 2} && s.size.x >= narrowest:
		for x, v := range near {
			sums[x] = 3*int(v) + int(far[x])
		}
		widen(buf, sums, 8, 7, 4)
	default:
		for x := range buf {
			buf[x] = near[x/s.ratio.x]
		}
	}
	return buf
}

// widen doubles a row: two samples for each, a quarter step to its left and right.
// Each is 3·own + 1·neighbour (4·own at the ends), plus a bias, shifted right.
func widen(dst []byte, row []int, leftBias, rightBias, shift int) {
	last := len(row) - 1
	for x, own := range row {
		left, right := own, own
		if x > 0 {
			left = row[x-1]
		}
		if x < last {
			right = row[x+1]
		}
		dst[2*x] = byte((3*own + left + leftBias) >> shift)
		dst[2*x+1] = byte((3*own + right + rightBias) >> shift)
	}
}

// convertRow converts component rows to R, G, B.
func convertRow(dst []byte, rows [][]byte, c colours) {
	first, second, third := rows[0], rows[1], rows[2]
	second, third = second[:len(first)], third[:len(first)]
	if c == coloursRGB || c == coloursCMYK {
		for x := range first {
			d := dst[3*x:][:3]
			d[0], d[1], d[2] = first[x], second[x], third[x]
		}
	} else {
		for x := range first {
			d := dst[3*x:][:3]
			d[0], d[1], d[2] = fromYCbCr(int(first[x]), int(second[x]), int(third[x]))
		}
	}
	switch c {
	case coloursCMYK:
		for x, black := range rows[3] {
			d := dst[3*x:][:3]
			d[0], d[1], d[2] = ink(d[0], black), ink(d[1], black), ink(d[2], black)
		}
	case coloursYCCK:
		// libjpeg's cyan, magenta, yellow are 255 - red, green, blue.
		for x, black := range rows[3] {
			d := dst[3*x:][:3]
			d[0], d[1], d[2] = ink(255-d[0], black), ink(255-d[1], black), ink(255-d[2], black)
		}
	}
}

// fromYCbCr is libjpeg's conversion in 16-bit fixed point (jdcolor.c).
func fromYCbCr(y, cb, cr int) (r, g, b byte) {
	const half = 1 << 15
	cb, cr = cb-128, cr-128
	return clip8(y + (91881*cr+half)>>16),
		clip8(y + (-22554*cb-46802*cr+half)>>16),
		clip8(y + (116130*cb+half)>>16)
}

// ink takes an inverted ink and an inverted black to a colour: Pillow's cmyk2rgb
// (src/libImaging/Convert.c) after its raw mode "CMYK;I".
func ink(inverted, black byte) byte {
	t := int(255-inverted)*int(black) + 128
	return clip8(int(black) - (t>>8+t)>>8)
}

func clip8(v int) byte { return byte(min(max(v, 0), 255)) }

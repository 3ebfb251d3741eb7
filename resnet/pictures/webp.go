package pictures

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"

	"golang.org/x/image/webp"
)

// decodeWebP decodes with x/image, whose planes of a lossy picture are exact, and
// upsamples and converts those as libwebp does.
func decodeWebP(data []byte, info *Info, o DecodeOptions) (source, error) {
	info.Orientation = orientation(riffChunk(data, "EXIF"))
	f, ok := firstWebPFrame(data)
	if !ok {
		return decodeStillWebP(data, info)
	}
	info.warn(warnFrames)
	size, err := sizeBy(webp.DecodeConfig)(f.file)
	if err != nil {
		return source{}, err
	}
	if err := size.check(o.MaxPixels); err != nil {
		return source{}, err
	}
	if f.at.x+size.x > f.canvas.x || f.at.y+size.y > f.canvas.y {
		return source{}, fmt.Errorf("%w: webp: the first frame reaches beyond its canvas", ErrFormat)
	}
	frame, err := decodeStillWebP(f.file, info)
	if err != nil || size == f.canvas {
		return frame, err
	}
	p := newRGB(f.canvas.x, f.canvas.y) // black, which is what libwebp's transparent canvas holds
	p.paste(frame, f.at)
	return p.source(), nil
}

func decodeStillWebP(data []byte, info *Info) (source, error) {
	img, err := webp.Decode(bytes.NewReader(data))
	if err != nil {
		return source{}, err
	}
	switch img := img.(type) {
	case *image.YCbCr:
		return fromVP8(img), nil
	case *image.NYCbCrA:
		info.warn(warnAlpha)
		return fromVP8(&img.YCbCr), nil
	}
	return fromImage(img, info)
}

// fromVP8 converts 4:2:0 planes. Source: libwebp's src/dsp/upsampling.c.
func fromVP8(img *image.YCbCr) source {
	size := sizeOf(img)
	small := size.dividedBy(point{2, 2})
	u, v := make([]byte, 2*small.x), make([]byte, 2*small.x)
	return source{size: size, row: func(y int, dst []byte) []byte {
		near, far := y/2, y/2-1
		if y%2 == 1 {
			far = y/2 + 1
		}
		near, far = near*img.CStride, min(max(far, 0), small.y-1)*img.CStride
		widenVP8(u, img.Cb[near:][:small.x], img.Cb[far:][:small.x])
		widenVP8(v, img.Cr[near:][:small.x], img.Cr[far:][:small.x])
		for x, l := range img.Y[y*img.YStride:][:size.x] {
			d := dst[3*x:][:3]
			d[0], d[1], d[2] = fromVP8YUV(int(l), int(u[x]), int(v[x]))
		}
		return dst
	}}
}

// widenVP8 interpolates one row of chroma from the nearer and the farther stored
// row: 9, 3, 3, 1 parts of 16 to the four samples around, rounded in two steps.
func widenVP8(dst, near, far []byte) {
	last := len(near) - 1
	dst[0] = byte((3*int(near[0]) + int(far[0]) + 2) >> 2)
	for x := 1; x <= last; x++ {
		n0, n1, f0, f1 := int(near[x-1]), int(near[x]), int(far[x-1]), int(far[x])
		sum := n0 + n1 + f0 + f1 + 8
		dst[2*x-1] = byte(((sum+2*(n1+f0))>>3 + n0) >> 1)
		dst[2*x] = byte(((sum+2*(n0+f1))>>3 + n1) >> 1)
	}
	dst[2*last+1] = byte((3*int(near[last]) + int(far[last]) + 2) >> 2)
}

// fromVP8YUV is VP8YuvToRgb of libwebp's src/dsp/yuv.h: video range, 14-bit fixed
// point, each product truncated.
func fromVP8YUV(y, u, v int) (r, g, b byte) {
	y = 19077 * y >> 8
	return clip8((y + 26149*v>>8 - 14234) >> 6),
		clip8((y - 6419*u>>8 - 13320*v>>8 + 8708) >> 6),
		clip8((y + 33050*u>>8 - 17685) >> 6)
}

// riffChunk returns the body of the first chunk of that type, nil if there is none.
func riffChunk(data []byte, name string) []byte {
	for at := 12; at+8 <= len(data); {
		length, body := binary.LittleEndian.Uint32(data[at+4:]), at+8
		if uint64(length) > uint64(len(data)-body) {
			return nil
		}
		n := int(length)
		if string(data[at:at+4]) == name {
			return data[body : body+n]
		}
		at = body + n + n%2
	}
	return nil
}

// webpFrame is the first frame of an animation, made a file of its own.
type webpFrame struct {
	file       []byte
	canvas, at point
}

// firstWebPFrame takes the first frame out of an animated file, for x/image reads
// only still ones. Source: the WebP Container Specification, "Animation".
func firstWebPFrame(data []byte) (webpFrame, bool) {
	const animated, alpha = 1 << 1, 1 << 4
	x, anmf := riffChunk(data, "VP8X"), riffChunk(data, "ANMF")
	if len(x) < 10 || x[0]&animated == 0 || len(anmf) < 16 {
		return webpFrame{}, false
	}
	image := anmf[16:]
	header := append(make([]byte, 4), anmf[6:12]...) // flags, width and height less 1
	if bytes.HasPrefix(image, []byte("ALPH")) {
		header[0] = alpha
	}
	file := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(22+len(image)))
	file = append(file, "WEBPVP8X\x0a\x00\x00\x00"...)
	return webpFrame{
		file:   append(append(file, header...), image...),
		canvas: point{u24(x[4:]) + 1, u24(x[7:]) + 1},
		at:     point{2 * u24(anmf), 2 * u24(anmf[3:])},
	}, true
}

func u24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// paste copies src into p with its top left corner at the given position. It must
// fit.
func (p *RGB) paste(src source, at point) {
	for y := range src.size.y {
		dst := p.row(at.y + y)[3*at.x:][:3*src.size.x]
		copy(dst, src.row(y, dst))
	}
}

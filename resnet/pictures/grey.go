package pictures

import (
	"fmt"
	"io"
	"slices"
)

// greyTensor is Tensor for pictures of one channel: they become grey before they
// are resized, as in Keras.
func greyTensor(dst []float32, r io.Reader, width, height int, preset Preset, filter Filter, o DecodeOptions) (Info, error) {
	if !preset.Grey() {
		return Info{}, fmt.Errorf("input scaling %s is for colours, not for grey pictures", preset)
	}
	if err := checkSize(width, height); err != nil {
		return Info{}, err
	}
	if len(dst) != width*height {
		return Info{}, fmt.Errorf("%w: destination of %d values for %d x %d x 1", ErrSize, len(dst), height, width)
	}
	info, err := open(r, o, func(s source) error {
		resizeGrey(dst, s, width, height, filter)
		return nil
	})
	if err == nil && slices.Contains(info.Warnings, warnGrey16) {
		err = fmt.Errorf("%w: 16-bit grey, which Keras gives to nets of grey pictures as values of 0 to 65535: save it with 8 bits", ErrFormat)
	}
	if err != nil {
		return info, err
	}
	preset.Apply(dst)
	return info, nil
}

// ResizeGrey is [ResizeFloat] of the picture's grey, into width·height floats.
func ResizeGrey(dst []float32, src *RGB, width, height int, f Filter) error {
	if err := checkSizes(src, width, height); err != nil {
		return err
	}
	if len(dst) != width*height {
		return fmt.Errorf("%w: destination of %d values for %d x %d x 1", ErrSize, len(dst), height, width)
	}
	filter, err := ParseFilter(string(f))
	if err == nil {
		resizeGrey(dst, src.source(), width, height, filter)
	}
	return err
}

// resizeGrey resizes all three channels, which are the same, and keeps one.
func resizeGrey(dst []float32, s source, width, height int, f Filter) {
	colours := make([]float32, 3*width*height)
	resizeFloat(colours, s.grey(), width, height, f)
	for i := range dst {
		dst[i] = colours[3*i]
	}
}

// grey returns s with all channels of a pixel its grey.
func (s source) grey() source {
	return source{size: s.size, row: func(y int, buf []byte) []byte {
		for i, src := 0, s.row(y, buf); i < len(src); i += 3 {
			l := luma(src[i], src[i+1], src[i+2])
			buf[i], buf[i+1], buf[i+2] = l, l, l
		}
		return buf
	}}
}

// luma is Pillow's convert("L"), ITU-R 601-2 in 16 bits: rgb2l in
// src/libImaging/Convert.c.
func luma(r, g, b byte) byte {
	return byte((uint32(r)*19595 + uint32(g)*38470 + uint32(b)*7471 + 0x8000) >> 16)
}

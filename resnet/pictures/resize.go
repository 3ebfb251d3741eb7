package pictures

import "fmt"

// Resize resizes with one of Pillow's filters, to the byte as
// PIL.Image.resize((width, height), filter) of Pillow 13. [TFBilinear] and
// [TFBilinearAntialias] give fractions: use [ResizeFloat]. At the same size the
// result is src itself.
//
// Errors: [ErrSize], or an unknown filter.
func Resize(src *RGB, width, height int, f Filter) (*RGB, error) {
	f, err := ParseFilter(string(f))
	if err != nil {
		return nil, err
	}
	if err := checkSizes(src, width, height); err != nil {
		return nil, err
	}
	if src.Width == width && src.Height == height {
		return src, nil
	}
	switch f {
	case Nearest:
		dst := newRGB(width, height)
		nearest(src.source(), width, height, func(at int, pixel []byte) { copy(dst.Pix[at:at+3], pixel) })
		return dst, nil
	case TFBilinear, TFBilinearAntialias:
		return nil, fmt.Errorf("resize filter %q gives fractions, not bytes", f)
	}
	return resample(src.source(), width, height, kernelOf(f)), nil
}

// ResizeFloat resizes into dst, height·width·3 values of 0 to 255, HWC. Pillow's
// filters give whole numbers, as keras.utils.img_to_array(load_img(...)) does;
// tf-bilinear gives the floats of tf.image.resize to the bit, tf-bilinear-antialias
// to within 0.0002 of a level, for TensorFlow sums in another order.
//
// Errors: [ErrSize], or an unknown filter.
func ResizeFloat(dst []float32, src *RGB, width, height int, f Filter) error {
	f, err := ParseFilter(string(f))
	if err != nil {
		return err
	}
	if err := checkSizes(src, width, height); err != nil {
		return err
	}
	if err := checkTarget(dst, width, height); err != nil {
		return err
	}
	resizeFloat(dst, src.source(), width, height, f)
	return nil
}

// resizeFloat is ResizeFloat of arguments that have been checked.
func resizeFloat(dst []float32, src source, width, height int, f Filter) {
	switch {
	case f == TFBilinear:
		interpolate(dst, src, width, height)
	case f == TFBilinearAntialias:
		resampleFloat(dst, src, width, height)
	case f == Nearest || src.size == point{width, height}:
		nearest(src, width, height, func(at int, pixel []byte) { toFloats(dst[at:at+3], pixel) })
	default:
		toFloats(dst, resample(src, width, height, kernelOf(f)).Pix)
	}
}

func checkSizes(src *RGB, width, height int) error {
	if src.Width < 1 || src.Height < 1 || len(src.Pix) != 3*src.Width*src.Height {
		return fmt.Errorf("%w: source of %d x %d pixels in %d bytes", ErrSize, src.Width, src.Height, len(src.Pix))
	}
	return checkSize(width, height)
}

func checkSize(width, height int) error {
	if width < 1 || height < 1 || int64(width) > DefaultMaxPixels/int64(height) {
		return fmt.Errorf("%w: resize to %d x %d, pixels must be 1 to %d", ErrSize, width, height, DefaultMaxPixels)
	}
	return nil
}

// checkTarget checks a destination of floats and the size that it is for.
func checkTarget(dst []float32, width, height int) error {
	if err := checkSize(width, height); err != nil {
		return err
	}
	if len(dst) != 3*width*height {
		return fmt.Errorf("%w: destination of %d values for %d x %d x 3", ErrSize, len(dst), height, width)
	}
	return nil
}

func toFloats(dst []float32, src []byte) {
	for i, v := range src {
		dst[i] = float32(v)
	}
}

// nearest calls put with the offset of each destination pixel's first value and
// the source pixel under its centre.
func nearest(src source, width, height int, put func(at int, pixel []byte)) {
	columns := nearestIndices(src.size.x, width)
	src = src.window(1)
	for y, from := range nearestIndices(src.size.y, height) {
		row := src.row(from, nil)
		for x, column := range columns {
			put(3*(y*width+x), row[3*column:3*column+3])
		}
	}
}

// nearestIndices returns int((i+0.5)·in/out) for each i. The position is summed up
// step by step as in Pillow (ImagingScaleAffine in src/libImaging/Geometry.c):
// multiplying rounds otherwise and now and then picks the neighbour.
func nearestIndices(in, out int) []int {
	indices := make([]int, out)
	step := float64(in) / float64(out)
	position := step * 0.5
	for i := range indices {
		indices[i] = min(int(position), in-1)
		position += step
	}
	return indices
}

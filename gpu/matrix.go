package gpu

import (
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// Products with weights: the kernel as a matrix of rows (taps and input
// channels) by columns (output channels), with what was folded multiplied in
// and the bias as one more row.

// columns is a run of a matrix's columns that is packed by itself, because the
// whole would exceed what a binding can show. It begins at an offset that every
// device can bind.
type columns struct{ from, n int64 }

// floats returns the room of the run, with its end rounded up so that the next
// one begins at a multiple of 256 bytes, the largest alignment that Vulkan
// allows a device to ask for.
func (c columns) floats(height int64) int64 { return (c.n*height + 63) / 64 * 64 }

// split cuts a matrix into runs of columns that can each be bound.
func (t target) split(rows, n int64) []columns {
	most := max(1, t.bindable()/(4*(rows+1)))
	var runs []columns
	for from := int64(0); from < n; from += most {
		runs = append(runs, columns{from, min(most, n-from)})
	}
	return runs
}

// packMatrix returns the weights for the plain kernels: each run of columns,
// row by row, followed by its biases where the step has any.
func packMatrix(s *plan.Step, kernel []float32, rows, n int64, runs []columns) packing {
	height := rows
	if s.HasShift() {
		height++
	}
	var room int64
	for _, run := range runs {
		room += run.floats(height)
	}
	return packing{room, func(all []float32) {
		scale, shift := affine(s, n)
		for _, run := range runs {
			dst := all[:run.n*height]
			all = all[run.floats(height):]
			for i := range rows {
				row := kernel[i*n+run.from:]
				for j := range run.n {
					dst[j] = float32(float64(row[j]) * scale[run.from+j])
				}
				dst = dst[run.n:]
			}
			if s.HasShift() {
				for j := range run.n {
					dst[j] = float32(shift[run.from+j])
				}
			}
		}
	}}
}

// affine returns Step.Affine of all n output channels.
func affine(s *plan.Step, n int64) (scale, shift []float64) {
	scale, shift = make([]float64, n), make([]float64, n)
	for o := range scale {
		scale[o], shift[o] = s.Affine(o)
	}
	return scale, shift
}

// runs calls do for each run of columns with its packed weights.
func (l *lowering) runs(s *plan.Step, rows, n int64, do func(shaders.Part, region) error) error {
	w, from := l.weights[s], int64(0)
	height := rows + int64(flag(s.HasShift()))
	for _, run := range l.split(rows, n) {
		part := shaders.Part{Filters: uint32(run.n), First: uint32(run.from), OutChannels: uint32(n)}
		if err := do(part, w.part(4*from, 4*run.n*height)); err != nil {
			return err
		}
		from += run.floats(height)
	}
	return nil
}

// strips packs the matrix for the lanes kernels: strips of so many fours of
// columns, each row by row with the biases behind; columns that are missing are
// zeros. Each tap's channels are filled up with zeros to padded.
func strips(s *plan.Step, kernel []float32, taps, channels, padded, n, vec4s int64) packing {
	width := 4 * vec4s
	count := (n + width - 1) / width
	return packing{count * (taps*padded + 1) * width, func(dst []float32) {
		scale, shift := affine(s, n)
		for strip := range count {
			from := strip * width
			have := min(width, n-from)
			for k := range taps * padded {
				row := dst[:width]
				dst = dst[width:]
				tap, c := k/padded, k%padded
				if c >= channels {
					clear(row)
					continue
				}
				source := kernel[(tap*channels+c)*n+from:]
				for j := range have {
					row[j] = float32(float64(source[j]) * scale[from+j])
				}
				clear(row[have:])
			}
			for j := range have {
				dst[j] = float32(shift[from+j])
			}
			clear(dst[have:width])
			dst = dst[width:]
		}
	}}
}

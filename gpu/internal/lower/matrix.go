package lower

import (
	"github.com/vkeras/vkeras/nn"
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

// weightBytes returns the bytes of n kernel weights, in whole words.
func (t Target) weightBytes(n int64) int64 { return (t.weightSize()*n + 3) / 4 * 4 }

// weightSize returns the bytes of a kernel weight.
func (t Target) weightSize() int64 {
	if t.Precision.HalfWeights() {
		return 2
	}
	return 4
}

// put writes weights as the precision stores them.
func (t Target) put(dst []byte, values []float32) error {
	if t.Precision.HalfWeights() {
		return putHalves(dst, values, "a weight")
	}
	copy(Floats(dst), values)
	return nil
}

// bytes returns the size of the run's weights with its biases, of which there
// are 0 or 1 a column, behind them.
func (c columns) bytes(t Target, rows, biases int64) int64 {
	return t.weightBytes(c.n*rows) + 4*c.n*biases
}

// room is bytes, rounded up so that the next run begins at a multiple of 256
// bytes, the largest alignment that Vulkan allows a device to ask for.
func (c columns) room(t Target, rows, biases int64) int64 {
	return (c.bytes(t, rows, biases) + 255) / 256 * 256
}

// split cuts a matrix into runs of columns that can each be bound.
func (t Target) split(rows, n int64) []columns {
	most := max(1, t.bindable()/(4*(rows+1)))
	var runs []columns
	for from := int64(0); from < n; from += most {
		runs = append(runs, columns{from, min(most, n-from)})
	}
	return runs
}

// packMatrix returns the weights for the plain kernels: each run of columns,
// row by row, followed by its biases, in float32, where the step has any.
func packMatrix(t Target, s *plan.Step, kernel *nn.Tensor, height, n int64, runs []columns) Packing {
	biases := int64(flag(s.HasShift()))
	var room int64
	for _, run := range runs {
		room += run.room(t, height, biases)
	}
	return Packing{room, func(dst []byte, alloc func(n int) []float32) error {
		r, err := rows(s, kernel, n, alloc)
		if err != nil {
			return err
		}
		row := make([]float32, n)
		for first := int64(0); first < height; first += rowsAtOnce {
			some := min(rowsAtOnce, height-first)
			w, err := r.take(some)
			if err != nil {
				return err
			}
			begin := int64(0)
			for _, run := range runs {
				for i := range some {
					to := dst[begin+t.weightSize()*(first+i)*run.n:]
					if err := t.fold(to, row[:run.n], &r.Folded, w[i*n+run.from:][:run.n], first+i, run.from); err != nil {
						return err
					}
				}
				begin += run.room(t, height, biases)
			}
		}
		for _, run := range runs {
			if s.HasShift() {
				to := Floats(dst[t.weightBytes(run.n*height):])
				for j := range run.n {
					to[j] = float32(r.Shift[run.from+j])
				}
			}
			dst = dst[run.room(t, height, biases):]
		}
		return nil
	}}
}

// runs calls do for each run of columns with its packed weights.
func (l *lowering) runs(s *plan.Step, rows, n int64, do func(shaders.Part, Region) error) error {
	w, from := l.weights[s], int64(0)
	biases := int64(flag(s.HasShift()))
	for _, run := range l.split(rows, n) {
		part := shaders.Part{Filters: uint32(run.n), First: uint32(run.from), OutChannels: uint32(n)}
		if err := do(part, w.part(from, run.bytes(l.Target, rows, biases))); err != nil {
			return err
		}
		from += run.room(l.Target, rows, biases)
	}
	return nil
}

// strips packs the matrix for the lanes kernels: strips of so many fours of
// columns, each row by row with the biases behind; columns that are missing are
// zeros. Each tap's channels are filled up with zeros to padded. Where weights
// are float16 the biases are two rows whose sum they are.
func strips(t Target, s *plan.Step, kernel *nn.Tensor, taps, channels, padded, n, vec4s int64) Packing {
	width := 4 * vec4s
	count := (n + width - 1) / width
	height := t.stripFloats(taps, padded, n, vec4s) / (count * width)
	return Packing{t.weightBytes(count * height * width), func(dst []byte, alloc func(n int) []float32) error {
		r, err := rows(s, kernel, n, alloc)
		if err != nil {
			return err
		}
		row := make([]float32, width)
		place := func(strip, k int64) []byte { return dst[t.weightSize()*(strip*height+k)*width:] }
		for first := int64(0); first < taps*padded; first += rowsAtOnce {
			end := min(first+rowsAtOnce, taps*padded)
			var there []int64 // the ks that are none of a tap's zeros
			for k := first; k < end; k++ {
				if k%padded < channels {
					there = append(there, k)
				}
			}
			w, err := r.take(int64(len(there)))
			if err != nil {
				return err
			}
			for strip := range count {
				from := strip * width
				have := min(width, n-from)
				for i, k := range there {
					if err := t.fold(place(strip, k), row, &r.Folded, w[int64(i)*n+from:][:have], k%padded, from); err != nil {
						return err
					}
				}
				for k := first; k < end; k++ {
					if k%padded >= channels {
						clear(place(strip, k)[:t.weightSize()*width])
					}
				}
			}
		}
		for strip := range count {
			from := strip * width
			clear(row)
			for j := range min(width, n-from) {
				row[j] = float32(r.Shift[from+j])
			}
			for k := taps * padded; k < height; k++ {
				if err := t.put(place(strip, k), row); err != nil {
					return err
				}
				for j := range row {
					row[j] -= roundHalf(row[j])
				}
			}
		}
		return nil
	}}
}

// stripFloats is how many weights strips packs.
func (t Target) stripFloats(taps, padded, n, vec4s int64) int64 {
	width, height := 4*vec4s, taps*padded+1
	if t.Precision.HalfWeights() {
		height++
	}
	return (n + width - 1) / width * width * height
}

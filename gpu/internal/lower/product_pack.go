package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// The products on GPUs multiply by weights in the order in which tiles read them,
// 16 bytes at a time, without a bound to test: strips of 32 columns, (strips, ks
// / KS, 32, KS), with zeros in what is missing of the last strip and behind the
// last k, and behind all strips the biases, float32, (strips, 32). KS, the ks of a
// column that lie side by side, is 2 where weights are float16.

// unit returns the channels that 16 bytes hold.
func (t Target) unit() int { return int(16 / t.Element()) }

// units returns the channels that an input of so many is given: whole units.
func (t Target) units(channels int) int { return (channels + t.unit() - 1) / t.unit() * t.unit() }

// stripKs returns how many ks a strip has for sums so deep.
func (t Target) stripKs(depth int64) int64 {
	slab := shaders.SlabKs
	if t.Precision.HalfTensors() {
		slab = shaders.HalfSlabKs
	}
	return ceil(depth, slab) * int64(slab)
}

// stripBytes returns the bytes of a strip without its biases.
func (t Target) stripBytes(depth int64) int64 {
	return t.weightBytes(t.stripKs(depth) * shaders.StripColumns)
}

// biasBytes are the bytes of a strip's biases.
const biasBytes = 4 * shaders.StripColumns

// stripRuns cuts n columns into runs of whole strips that can each be bound.
func (t Target) stripRuns(depth, n int64) []columns {
	most := max(1, t.bindable()/(t.stripBytes(depth)+biasBytes)) * shaders.StripColumns
	var runs []columns
	for from := int64(0); from < n; from += most {
		runs = append(runs, columns{from, min(most, n-from)})
	}
	return runs
}

// stripRun returns the bytes of a run and those up to where the next one begins.
func (t Target) stripRun(depth int64, run columns) (bytes, room int64) {
	bytes = ceil(run.n, shaders.StripColumns) * (t.stripBytes(depth) + biasBytes)
	return bytes, (bytes + 255) / 256 * 256 // the largest alignment that Vulkan allows a device to ask for
}

// packProduct returns the weights for the products on GPUs, of a kernel (taps,
// channels, n) whose input has its channels filled up to padded.
func packProduct(t Target, s *plan.Step, kernel *nn.Tensor, taps, channels, padded, n int64) Packing {
	depth := taps * padded
	runs := t.stripRuns(depth, n)
	var room int64
	for _, run := range runs {
		_, bytes := t.stripRun(depth, run)
		room += bytes
	}
	return Packing{room, func(dst []byte, alloc func(n int) []float32) error {
		r, err := rows(s, kernel, n, alloc)
		if err != nil {
			return err
		}
		side := int64(1) // ks side by side
		if t.Precision.HalfWeights() {
			side = 2
		}
		row, folded := make([]float32, shaders.StripColumns*side), make([]float32, shaders.StripColumns)
		for first := int64(0); first < t.stripKs(depth); first += rowsAtOnce {
			at := [rowsAtOnce]int64{} // where a k's row begins in w; -1: it is zeros
			count := int64(0)
			for i := range at {
				if tap, c := (first+int64(i))/padded, (first+int64(i))%padded; tap < taps && c < channels {
					at[i] = count * n
					count++
				} else {
					at[i] = -1
				}
			}
			w, err := r.take(count)
			if err != nil {
				return err
			}
			begin := int64(0)
			for _, run := range runs {
				for strip := range ceil(run.n, shaders.StripColumns) {
					from := run.from + strip*shaders.StripColumns
					have := min(shaders.StripColumns, run.from+run.n-from)
					for i := int64(0); i < rowsAtOnce && first+i < t.stripKs(depth); i += side {
						clear(row)
						for e := range side {
							if at[i+e] < 0 {
								continue
							}
							r.Fold(folded[:have], w[at[i+e]+from:], int((first+i+e)%padded), int(from))
							for j, v := range folded[:have] {
								row[int64(j)*side+e] = v
							}
						}
						to := begin + strip*t.stripBytes(depth) + t.weightSize()*(first+i)*shaders.StripColumns
						if err := t.put(dst[to:], row); err != nil {
							return err
						}
					}
				}
				_, next := t.stripRun(depth, run)
				begin += next
			}
		}
		for _, run := range runs {
			to := Floats(dst[ceil(run.n, shaders.StripColumns)*t.stripBytes(depth):])
			for j := range run.n {
				to[j] = float32(r.Shift[run.from+j])
			}
			_, next := t.stripRun(depth, run)
			dst = dst[next:]
		}
		return nil
	}}
}

// stripped calls do for each run of columns with its packed weights.
func (l *lowering) stripped(s *plan.Step, depth, n int64, do func(shaders.Part, Region) error) error {
	w, from := l.weights[s], int64(0)
	for _, run := range l.stripRuns(depth, n) {
		bytes, room := l.stripRun(depth, run)
		part := shaders.Part{Filters: uint32(run.n), First: uint32(run.from), OutChannels: uint32(n)}
		if err := do(part, w.part(from, bytes)); err != nil {
			return err
		}
		from += room
	}
	return nil
}

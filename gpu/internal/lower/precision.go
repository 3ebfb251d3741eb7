package lower

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"github.com/x448/float16"

	"github.com/vkeras/vkeras/nn"
)

// MaxHalf is the largest number of float16; HalfEnd, halfway to the next one
// if there were one, is the first that rounds to infinity.
const (
	MaxHalf = 65504
	HalfEnd = 65520
)

// lastHalf is the last whole number that float16 counts to.
const lastHalf = 2048

// counts returns an error where tensors cannot hold the places of n numbers.
func counts(p nn.Precision, n int) error {
	if p.HalfTensors() && n > lastHalf+1 {
		return fmt.Errorf("%w: places among %d numbers; float16 counts to %d: compute in %s or %s", ErrHalfRange, n, lastHalf, nn.FP16W, nn.FP32)
	}
	return nil
}

// Unwritten is the bits of an element that a step should have written and did
// not: a NaN that no arithmetic makes. UnwrittenHalf stands for it in a tensor of
// float16.
const (
	Unwritten     = 0x7fdeadbf
	UnwrittenHalf = 0x7ead
)

// toHalf rounds a number to the nearest float16. NaN and infinities stay; ok is
// false where a number becomes infinite.
func toHalf(v float32) (h uint16, ok bool) {
	h = float16.Fromfloat32(v).Bits()
	return h, math.Abs(float64(v)) < HalfEnd || v != v || math.IsInf(float64(v), 0)
}

// roundHalf returns the nearest float16 as a float32.
func roundHalf(v float32) float32 { return float16.Fromfloat32(v).Float32() }

// putHalves writes the values as float16.
func putHalves(dst []byte, values []float32, what string) error {
	for i, v := range values {
		h, ok := toHalf(v)
		if !ok {
			return fmt.Errorf("%w: %s of %v; the largest number of float16 is %d: compute in %s", ErrHalfRange, what, v, MaxHalf, nn.FP32)
		}
		binary.LittleEndian.PutUint16(dst[2*i:], h)
	}
	return nil
}

// getHalves reads float16 values.
func getHalves(dst []float32, src []byte) {
	for i := range dst {
		h := binary.LittleEndian.Uint16(src[2*i:])
		dst[i] = float16.Frombits(h).Float32()
		if h == UnwrittenHalf {
			dst[i] = math.Float32frombits(Unwritten)
		}
	}
}

// Put writes tensor elements as the precision stores them.
func Put(p nn.Precision, dst []byte, values []float32) error {
	if p.HalfTensors() {
		return putHalves(dst, values, "an input")
	}
	copy(Floats(dst), values)
	return nil
}

// Get reads what Put, or a kernel, wrote.
func Get(p nn.Precision, dst []float32, src []byte) {
	if p.HalfTensors() {
		getHalves(dst, src)
		return
	}
	copy(dst, Floats(src))
}

// Floats returns memory of the host, which begins at a multiple of four bytes,
// as float32.
func Floats(b []byte) []float32 {
	if len(b) < 4 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), len(b)/4)
}

// AllFinite reports whether there is neither NaN nor an infinity.
func AllFinite(values []float32) bool {
	for _, v := range values {
		if v-v != 0 {
			return false
		}
	}
	return true
}

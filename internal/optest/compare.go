package optest

import (
	"fmt"
	"math"

	"github.com/vkeras/vkeras/internal/elementwise"
	"github.com/vkeras/vkeras/nn"
)

// Tolerance bounds a Difference. Errors are relative to the whole tensor and
// not to single elements, which may be close to 0 by cancellation.
type Tolerance struct {
	NMSE       float64
	MaxOverRMS float64
}

// Tolerances for one operation on the reference's inputs, by where numbers are
// rounded: each is 15 times the NMSE and 5 times the largest error that direct
// sums of up to 4608 products (3x3x512, the longest of a ResNet) were measured to
// have. Sums in float32 may be taken in any order.
var (
	FP32  = Tolerance{NMSE: 1e-11, MaxOverRMS: 5e-5} // float32 throughout
	FP16W = Tolerance{NMSE: 1e-6, MaxOverRMS: 5e-3}  // weights stored as float16
	FP16  = Tolerance{NMSE: 2e-6, MaxOverRMS: 1e-2}  // weights and activations stored as float16
)

// Holds reports whether the difference lies within the tolerance.
func (t Tolerance) Holds(d Difference) bool {
	return d.NonFinite == 0 && d.NMSE <= t.NMSE && d.MaxOverRMS <= t.MaxOverRMS
}

// String writes the bounds in the form of Difference.
func (t Tolerance) String() string {
	return fmt.Sprintf("NMSE %.2g, max/rms %.2g", t.NMSE, t.MaxOverRMS)
}

// Difference says how far a tensor is from the one that was wanted.
type Difference struct {
	NMSE       float64 // sum of squared errors / sum of squares wanted
	MaxAbs     float64 // largest absolute error
	MaxOverRMS float64 // the same over the root mean square of what was wanted

	// NonFinite counts the elements where one side is NaN or infinite and the
	// other is not that same value. They count as infinite errors.
	NonFinite int

	Worst     []int // coordinates of the first element with the largest error
	Got, Want float32
}

// String writes the figures and the worst element.
func (d Difference) String() string {
	s := fmt.Sprintf("NMSE %.2g, max/rms %.2g, max |error| %.3g at %v: got %v, want %v",
		d.NMSE, d.MaxOverRMS, d.MaxAbs, nn.Shape(d.Worst), d.Got, d.Want)
	if d.NonFinite > 0 {
		s += fmt.Sprintf(", %d elements not finite", d.NonFinite)
	}
	return s
}

// Compare measures how far got is from want. A missing tensor or another shape
// is an error. NaN equals NaN and an infinity itself; where want is 0
// throughout, NMSE and MaxOverRMS are 0 or infinite.
func Compare(got, want *nn.Tensor) (Difference, error) {
	if got == nil || want == nil {
		return Difference{}, fmt.Errorf("a tensor is missing")
	}
	if !got.Shape.Equal(want.Shape) || len(got.Data) != len(want.Data) {
		return Difference{}, fmt.Errorf("expected shape %v of %d elements, found %v of %d", want.Shape, len(want.Data), got.Shape, len(got.Data))
	}
	var d Difference
	worst, squaredErrors, squares := 0, 0.0, 0.0
	for i, w := range want.Data {
		e := elementwise.Distance(got.Data[i], w)
		if math.IsInf(e, 1) {
			d.NonFinite++
		}
		if e > d.MaxAbs {
			worst, d.MaxAbs = i, e
		}
		squaredErrors += e * e
		if elementwise.Finite(w) {
			squares += float64(w) * float64(w)
		}
	}
	d.NMSE = elementwise.Ratio(squaredErrors, squares)
	d.MaxOverRMS = elementwise.Ratio(d.MaxAbs, math.Sqrt(squares/float64(max(len(want.Data), 1))))
	if len(want.Data) > 0 {
		d.Worst, d.Got, d.Want = elementwise.Coordinates(worst, want.Shape), got.Data[worst], want.Data[worst]
	}
	return d, nil
}

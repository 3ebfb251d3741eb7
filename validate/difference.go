package validate

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/vkeras/vkeras/internal/elementwise"
	"github.com/vkeras/vkeras/nn"
)

// Number is a float64 that survives JSON: what JSON has no number for is one of
// the strings "NaN", "Infinity" and "-Infinity".
type Number float64

// MarshalJSON writes the shortest number that reads back the same.
func (n Number) MarshalJSON() ([]byte, error) {
	v := float64(n)
	switch {
	case math.IsNaN(v):
		return []byte(`"NaN"`), nil
	case math.IsInf(v, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(v, -1):
		return []byte(`"-Infinity"`), nil
	}
	return json.Marshal(v)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (n *Number) UnmarshalJSON(b []byte) error {
	text := string(b)
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("expected a number, found %s", b)
	}
	*n = Number(v)
	return nil
}

// Difference says how far a tensor is from the one that was wanted. Errors are
// relative to the whole tensor and not to single elements, which may be close
// to 0 by cancellation.
type Difference struct {
	MaxAbs     Number `json:"max_abs"`      // largest absolute error
	MaxOverRMS Number `json:"max_over_rms"` // the same over RMS
	NMSE       Number `json:"nmse"`         // sum of squared errors / sum of squares wanted
	Cosine     Number `json:"cosine"`       // of the angle between the two tensors, over the elements where both are finite
	RMS        Number `json:"rms"`          // root mean square of what was wanted

	// NonFinite counts the elements where one side is NaN or infinite and the
	// other is not that same value. They count as infinite errors.
	NonFinite int `json:"non_finite"`

	Worst *Element `json:"worst,omitempty"` // the first with the largest error; nil where nothing differs
}

// Element is one element of a tensor, as it is and as it should be.
type Element struct {
	At   []int  `json:"at"` // coordinates, the batch axis first: (N, H, W, C) of a feature map
	Got  Number `json:"got"`
	Want Number `json:"want"`
	ULP  int64  `json:"ulp"` // float32 numbers from one to the other; -1 where one of them is NaN
}

// String writes the element with its coordinates.
func (e Element) String() string {
	return fmt.Sprintf("%v: got %v, want %v", nn.Shape(e.At), float32(e.Got), float32(e.Want))
}

// String writes the figures and the worst element.
func (d Difference) String() string {
	s := fmt.Sprintf("NMSE %.2g, max/rms %.2g, max |error| %.3g", float64(d.NMSE), float64(d.MaxOverRMS), float64(d.MaxAbs))
	if d.Worst != nil {
		s += fmt.Sprintf(" at %v", d.Worst)
	}
	if d.NonFinite > 0 {
		s += fmt.Sprintf(", %d elements not finite", d.NonFinite)
	}
	return s
}

// Compare measures how far got is from want. A missing tensor or another shape
// is an error. NaN equals NaN and an infinity itself. Where want is 0
// throughout, NMSE and MaxOverRMS are 0 or infinite, and the cosine is 1 or 0.
func Compare(got, want *nn.Tensor) (Difference, error) {
	if err := sameShape(got, want); err != nil {
		return Difference{}, err
	}
	var d Difference
	worst, largest := 0, 0.0
	var errors, wanted, gotten, product float64 // sums of squares, and of products
	var finiteWanted float64                    // of the elements where both are finite
	for i, w := range want.Data {
		e, g := elementwise.Distance(got.Data[i], w), got.Data[i]
		if math.IsInf(e, 1) {
			d.NonFinite++
		}
		if e > largest {
			worst, largest = i, e
		}
		errors += e * e
		if elementwise.Finite(w) {
			wanted += float64(w) * float64(w)
		}
		if elementwise.Finite(w) && elementwise.Finite(g) {
			finiteWanted += float64(w) * float64(w)
			gotten += float64(g) * float64(g)
			product += float64(w) * float64(g)
		}
	}
	rms := math.Sqrt(wanted / float64(max(len(want.Data), 1)))
	d.MaxAbs, d.RMS = Number(largest), Number(rms)
	d.NMSE, d.MaxOverRMS = Number(elementwise.Ratio(errors, wanted)), Number(elementwise.Ratio(largest, rms))
	d.Cosine = Number(cosine(product, gotten, finiteWanted))
	if largest > 0 {
		g, w := got.Data[worst], want.Data[worst]
		d.Worst = &Element{elementwise.Coordinates(worst, want.Shape), Number(g), Number(w), ulps(g, w)}
	}
	return d, nil
}

// sameShape returns an error unless both are tensors of one shape.
func sameShape(got, want *nn.Tensor) error {
	if got == nil || want == nil {
		return fmt.Errorf("a tensor is missing")
	}
	if !got.Shape.Equal(want.Shape) || len(got.Data) != len(want.Data) || len(want.Data) != want.Shape.Len() {
		return fmt.Errorf("expected shape %v of %d elements, found %v of %d", want.Shape, len(want.Data), got.Shape, len(got.Data))
	}
	return nil
}

// cosine is product / sqrt(a b): two tensors of zeros are equal, a tensor of
// zeros is at a right angle to any other.
func cosine(product, a, b float64) float64 {
	switch {
	case a == 0 && b == 0:
		return 1
	case a == 0 || b == 0:
		return 0
	}
	return max(-1, min(1, product/math.Sqrt(a)/math.Sqrt(b)))
}

// ulps counts the float32 numbers from a to b; infinities follow the largest
// numbers, and both zeros are one. -1 where one of them is NaN.
func ulps(a, b float32) int64 {
	if math.IsNaN(float64(a)) || math.IsNaN(float64(b)) {
		return -1
	}
	d := ordinal(a) - ordinal(b)
	return max(d, -d)
}

// ordinal numbers the float32s in their order, 0 being 0.
func ordinal(v float32) int64 {
	bits := math.Float32bits(v)
	if rest := int64(bits &^ (1 << 31)); bits>>31 == 0 {
		return rest
	} else {
		return -rest
	}
}

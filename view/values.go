package view

import "github.com/vkeras/vkeras/nn"

// Values are what a feature map holds, in three numbers.
type Values struct {
	Min, Max float64
	Zero     float64 // share of all values that are 0
}

// ValuesOf counts a tensor, which must not be empty.
func ValuesOf(x *nn.Tensor) Values {
	v := Values{Min: float64(x.Data[0]), Max: float64(x.Data[0])}
	zeros := 0
	for _, f := range x.Data {
		v.Min, v.Max = min(v.Min, float64(f)), max(v.Max, float64(f))
		if f == 0 {
			zeros++
		}
	}
	v.Zero = float64(zeros) / float64(x.Len())
	return v
}

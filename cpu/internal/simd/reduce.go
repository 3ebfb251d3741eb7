package simd

import "math"

// Reduce is Largest or Mean of each channel over all positions of one image, for
// some of the channels.
type Reduce struct {
	X                                           *float32 // (Positions, Channels)
	Y                                           *float32 // (Channels)
	Positions, Channels, FromChannel, ToChannel int64
	Kind                                        WindowKind
	_                                           int32
}

// reduce is Reduce.
func reduce(r *Reduce) {
	for c := r.FromChannel; c < r.ToChannel; c++ {
		sum, largest := 0.0, float32(math.Inf(-1))
		for i := range r.Positions {
			v := *at(r.X, i*r.Channels+c)
			sum += float64(v)
			largest = max(largest, v)
		}
		*at(r.Y, c) = largest
		if r.Kind == Mean {
			*at(r.Y, c) = float32(sum / float64(r.Positions))
		}
	}
}

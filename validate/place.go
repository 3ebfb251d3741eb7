package validate

import (
	"math"
	"slices"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/elementwise"
	"github.com/vkeras/vkeras/nn"
)

// Kind is the kind of place where errors sit. Each has its usual cause.
type Kind string

// The kinds of place.
const (
	Nowhere     Kind = "nowhere"           // no element is beyond the tolerance
	Border      Kind = "border"            // rows or columns along the sides
	AllButFirst Kind = "all but the first" // everything but the first row, column or position
	Grid        Kind = "grid"              // every k-th row or column
	Tile        Kind = "tile"              // the same positions of every k
	ChannelTail Kind = "channel tail"      // the last channels
	OneOfFour   Kind = "one channel of four"
	OneChannel  Kind = "one channel"
	Channels    Kind = "some channels"
	LaterImages Kind = "later images" // right up to some image of the batch, then wrong
	Tail        Kind = "tail"         // from some element in memory order to the last
	Scaled      Kind = "scaled"       // everything is multiplied by one number
	PerChannel  Kind = "per channel"  // each channel is a straight function of the right one
	Shifted     Kind = "shifted"      // the right values, positions away
	Transposed  Kind = "transposed"   // rows and columns exchanged
	NotFinite   Kind = "not finite"   // NaN or infinity where there should be a number
	NotWritten  Kind = "not written"  // elements that the kernel never stored
	Unstable    Kind = "unstable"     // another result in every run
	Scattered   Kind = "scattered"    // here and there
	Everywhere  Kind = "everywhere"
)

// Place says where a tensor's errors sit.
type Place struct {
	Kind  Kind   `json:"kind"`
	Where string `json:"where"` // "rows 0 and 7"
	Cause string `json:"cause"` // a sentence: what usually puts errors there
}

// InPlane reports whether rows and columns tell more of the place than channels:
// a HeatMap shows it.
func (p Place) InPlane() bool {
	return !slices.Contains([]Kind{Nowhere, ChannelTail, OneOfFour, OneChannel, Channels, PerChannel, Scaled, Everywhere}, p.Kind)
}

// Locate says where the elements sit that are farther from want than the
// tolerance allows. runs are what one or more runs on the same input gave; the
// first is searched. Tensors are batches, (N, ..., C).
//
// A region explains the errors when it holds all of them, and when as many
// errors thrown at random would not all have hit it. Of several such regions the
// smallest counts.
func Locate(want *nn.Tensor, t Tolerance, runs ...*nn.Tensor) (Place, error) {
	for _, run := range append(runs[:len(runs):len(runs)], want) {
		if err := sameShape(run, want); err != nil {
			return Place{}, err
		}
	}
	if len(runs) == 0 {
		return Place{Kind: Nowhere}, nil
	}
	f := findFaults(runs[0], want, t)
	if f.count == 0 {
		return Place{Kind: Nowhere, Where: "no element", Cause: "No single element is beyond the tolerance."}, nil
	}
	p, certain := f.locate()
	if unsteady(runs) {
		p = unstable(p, certain)
	}
	switch {
	case f.unwritten > 0:
		p = f.sayNotWritten(p, certain)
	case f.notFinite > 0:
		p = f.sayNotFinite(p, certain)
	}
	return p, nil
}

// locate returns the place, and whether it explains the errors: what is merely
// everywhere or scattered does not.
func (f *faults) locate() (Place, bool) {
	if p, ok := smallest(f, f.regions()); ok {
		return p, true
	}
	for _, relation := range []func() (Place, bool){f.scaled, f.perChannel, f.shifted, f.transposed} {
		if p, ok := relation(); ok {
			return p, true
		}
	}
	if p, ok := smallest(f, []region{f.someChannels()}); ok {
		return p, true
	}
	return f.unexplainedPlace(), false
}

// region is a part of the tensor that holds every error; size 0: there is none
// of the kind.
type region struct {
	Place
	size    int     // elements
	choices float64 // logarithm of how many regions of the kind this one was chosen from
}

// smallest returns the place of the smallest region that explains the errors; of
// regions about as small, the first.
func smallest(f *faults, regions []region) (Place, bool) {
	least := f.total()
	for _, r := range regions {
		if f.explains(r) {
			least = min(least, r.size)
		}
	}
	const about = 1.25
	for _, r := range regions {
		if f.explains(r) && float64(r.size) <= about*float64(least) {
			return r.Place, true
		}
	}
	return Place{}, false
}

// explains reports whether the region is no accident: all errors would fall into
// one of its kind at random with a chance below one in ten thousand.
func (f *faults) explains(r region) bool {
	const chance = 1e-4
	if r.size == 0 || r.size >= f.total() {
		return false
	}
	return float64(f.count)*math.Log(float64(r.size)/float64(f.total()))+r.choices < math.Log(chance)
}

// faults are the elements of a tensor beyond the tolerance, counted along each
// axis of the tensor taken as (n, h, w, c).
type faults struct {
	n, h, w, c int
	got, want  []float32
	allowed    float64 // largest error of a good element
	bad        []bool
	count      int
	notFinite  int
	unwritten  int

	images, channels []int // errors in each
	positions        []int // errors at each of h x w
}

func (f *faults) total() int { return f.n * f.h * f.w * f.c }

// axes returns a batch's shape as (n, h, w, c): a matrix has one position, a
// tensor of three axes one row.
func axes(s nn.Shape) (n, h, w, c int) {
	switch len(s) {
	case 0:
		return 1, 1, 1, 1
	case 1:
		return s[0], 1, 1, 1
	case 2:
		return s[0], 1, 1, s[1]
	case 3:
		return s[0], 1, s[1], s[2]
	}
	return s[0], s[1], s[2 : len(s)-1].Len(), s[len(s)-1]
}

func findFaults(got, want *nn.Tensor, t Tolerance) *faults {
	f := &faults{got: got.Data, want: want.Data, bad: make([]bool, len(want.Data))}
	f.n, f.h, f.w, f.c = axes(want.Shape)
	f.images, f.channels, f.positions = make([]int, f.n), make([]int, f.c), make([]int, f.h*f.w)
	f.allowed = float64(t.MaxOverRMS) * math.Sqrt(meanSquare(want, nil))
	if f.mark(); f.count == 0 { // no single error is too large: their sum may be
		f.allowed = math.Sqrt(float64(t.NMSE) * meanSquare(want, nil))
		f.mark()
	}
	return f
}

// mark finds the elements beyond what is allowed.
func (f *faults) mark() {
	for i, w := range f.want {
		e := elementwise.Distance(f.got[i], w)
		if !(e > f.allowed) {
			continue
		}
		f.bad[i] = true
		f.count++
		if math.IsInf(e, 1) {
			f.notFinite++
		}
		if math.Float32bits(f.got[i]) == gpu.Unwritten {
			f.unwritten++
		}
		f.images[i/(f.h*f.w*f.c)]++
		f.positions[i/f.c%(f.h*f.w)]++
		f.channels[i%f.c]++
	}
}

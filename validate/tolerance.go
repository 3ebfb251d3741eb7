package validate

import (
	"fmt"
	"math"
	"strconv"

	"github.com/vkeras/vkeras/nn"
)

// Tolerance bounds a Difference.
type Tolerance struct {
	NMSE       Number `json:"nmse"`
	MaxOverRMS Number `json:"max_over_rms"`
}

// Holds reports whether the difference lies within the tolerance.
func (t Tolerance) Holds(d Difference) bool {
	return d.NonFinite == 0 && d.NMSE <= t.NMSE && d.MaxOverRMS <= t.MaxOverRMS
}

// String writes the bounds in the form of Difference.
func (t Tolerance) String() string {
	return fmt.Sprintf("NMSE %.2g, max/rms %.2g", float64(t.NMSE), float64(t.MaxOverRMS))
}

// Smallest returns the smallest tolerance that the difference would pass, each
// bound rounded up to two digits. Where elements are not finite none would: the
// bounds are infinite.
func (d Difference) Smallest() Tolerance {
	return Tolerance{roundUp(d.NMSE), roundUp(d.MaxOverRMS)}
}

// roundUp rounds a positive number up to two significant digits.
func roundUp(v Number) Number {
	if !(v > 0) || math.IsInf(float64(v), 0) {
		return v
	}
	round := func(x float64) Number {
		r, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 1, 64), 64)
		return Number(r)
	}
	up := round(float64(v))
	if up < v { // v lies less than half a digit above it
		digit := math.Pow(10, math.Floor(math.Log10(float64(v)))-1)
		up = round(float64(v) + 0.6*digit)
	}
	return up
}

// loosened returns the tolerance for an NMSE so many times as large.
func (t Tolerance) loosened(times float64) Tolerance {
	return Tolerance{t.NMSE * Number(times), t.MaxOverRMS * Number(math.Sqrt(times))}
}

// Precision says where a device rounds numbers to float16.
type Precision = nn.Precision

// The precisions. FP32 is the default.
const (
	FP32  = nn.FP32  // float32 throughout
	FP16W = nn.FP16W // weights stored as float16
	FP16  = nn.FP16  // weights and activations stored as float16
)

// Figures of one layer on the judge's inputs, from which all tolerances follow.
//
// A float32 sum of K products rounds K times. Roundings are as good as random,
// so the error relative to the result grows with sqrt(K) and its square with K
// (Higham and Mary 2019, "A new approach to probabilistic rounding error
// analysis", theorem 2.4: sqrt(K) u in place of the certain K u). The scale was
// measured: direct sums of the 4608 products of a ResNet's longest convolution
// (3x3x512) stay 15 times below this NMSE and 5 times below this maximum.
//
// Storing weights or activations as float16 adds an error that is relative to
// each and does not grow with K.
const (
	longestSum  = 4608
	longestNMSE = 1e-11
	longestMax  = 5e-5

	halfWeightsNMSE, halfWeightsMax = 1e-6, 5e-3
	halfNMSE, halfMax               = 2e-6, 1e-2

	// fewRoundings are added to every sum: of few numbers, one is not the
	// average of many; products, divisions and roots round too (Vulkan allows
	// a division 2.5 units in the last place).
	fewRoundings = 64
	// transcendental stands for an exponential, whose error Vulkan lets grow
	// with its argument: 3 + 2|x| units in the last place ("Precision of
	// GLSL.std.450 Instructions").
	transcendental = 512
	// flushed allows for numbers below the normal range, which a device may
	// take for 0.
	flushed = 1e-30
	// systematic is by how much drift may exceed what random roundings add up
	// to: those of one device have a direction.
	systematic = 10
	// judgeRounds is for judges that compute in float32 themselves, by algorithms
	// that are not known: Winograd's F(4,3) alone is 10 times worse than a sum.
	judgeRounds = 10
)

// budget is what an error may be, as squares relative to the mean square of the
// result: budgets of independent errors add.
type budget struct{ nmse, max float64 }

func (b budget) plus(other budget, times float64) budget {
	return budget{b.nmse + other.nmse*times, b.max + other.max*times}
}

// tolerance returns the bounds of a budget.
func (b budget) tolerance() Tolerance {
	return Tolerance{Number(max(b.nmse, flushed)), Number(math.Sqrt(max(b.max, flushed)))}
}

// rounding returns the budget of an operation whose elements have that many
// roundings; none: copies, which are exact.
func rounding(p Precision, roundings int, weighted bool) budget {
	var b budget
	if roundings > 0 {
		share := float64(roundings+fewRoundings) / (longestSum + fewRoundings)
		b = budget{longestNMSE * share, longestMax * longestMax * share}
	}
	switch {
	case p == FP16:
		b = b.plus(budget{halfNMSE, halfMax * halfMax}, 1)
	case p == FP16W && weighted:
		b = b.plus(budget{halfWeightsNMSE, halfWeightsMax * halfWeightsMax}, 1)
	}
	return b
}

// storing returns the budget of a tensor that is exact but for being stored.
func storing(p Precision) budget {
	if p == FP16 {
		return budget{halfNMSE, halfMax * halfMax}
	}
	return budget{}
}

// Roundings returns how many float32 roundings stand behind an element of the
// node's result: the length of its sums. 0: the operation copies.
func Roundings(n *nn.Node) int {
	in := n.InputShapes()
	switch op := n.Op.(type) {
	case *nn.Conv2D:
		return op.Size[0]*op.Size[1]*in[0].Channels() + 1
	case *nn.DepthwiseConv2D:
		return op.Size[0]*op.Size[1] + 1
	case *nn.GroupedConv2D:
		return op.Size[0]*op.Size[1]*in[0].Channels()/op.Groups + 1
	case *nn.LayerNorm:
		t := op.Together(in[0])
		return t.First*t.Second + transcendental
	case *nn.GroupNorm:
		t := op.Together(in[0])
		return t.First*t.Second + transcendental
	case *nn.PReLU, *nn.LayerScale:
		return 1
	case *nn.Conv2DTranspose:
		return op.Size[0]*op.Size[1]*in[0].Channels() + 1
	case *nn.Resize:
		return op.Taps(in[0][0], op.Height).Count * op.Taps(in[0][1], op.Width).Count
	case *nn.Dense:
		return in[0].Channels() + 1
	case *nn.AvgPool:
		return op.Size[0] * op.Size[1]
	case *nn.GlobalAvgPool:
		return in[0].Len() / in[0].Channels()
	case *nn.Softmax:
		extent, _ := op.Inner(in[0])
		return extent + transcendental
	case *nn.LogSoftmax:
		extent, _ := op.Inner(in[0])
		return extent + transcendental
	case *nn.Sparsemax:
		extent, _ := op.Inner(in[0])
		return extent
	case *nn.BatchNorm, *nn.Normalize:
		return 5
	case *nn.Rescale:
		return 2
	case *nn.Add, *nn.Multiply:
		return len(in) - 1
	case *nn.Binary:
		return binaryRoundings(op.Func)
	case *nn.Unary:
		return unaryRoundings(op.Func)
	case *nn.MatMul:
		_, depth, _, _ := op.Extents(in)
		return depth
	case *nn.Reduce:
		switch op.Func {
		case nn.ReduceSum, nn.ReduceMean, nn.ReduceProd:
			return in[0].Len() / n.Shape.Len()
		}
		return 0
	case *nn.Activation:
		switch {
		case op.Func == nn.Linear || op.Func == nn.ReLU && op.Slope == 0:
			return 0
		case op.Func == nn.ReLU:
			return 2
		}
		return transcendental
	}
	return 0
}

// binaryRoundings are those of a function of two numbers.
func binaryRoundings(f nn.BinaryFunc) int {
	switch f {
	case nn.Subtract:
		return 1
	case nn.Divide, nn.SquaredDifference, nn.FloorDivide, nn.Remainder:
		return 3
	case nn.Power:
		return transcendental
	}
	return 0
}

// unaryRoundings are those of a function of one number.
func unaryRoundings(f nn.UnaryFunc) int {
	switch f {
	case nn.Abs, nn.Sign, nn.Floor, nn.Ceil, nn.Round, nn.Trunc, nn.Float8:
		return 0
	case nn.Sqrt, nn.Rsqrt, nn.Reciprocal:
		return 4
	}
	return transcendental
}

// isWeighted reports whether the operation multiplies by a kernel.
func isWeighted(op nn.Op) bool {
	switch op.(type) {
	case *nn.Conv2D, *nn.DepthwiseConv2D, *nn.GroupedConv2D, *nn.Dense:
		return true
	}
	return false
}

// ToleranceOf returns how far a device's result of some nodes, computed as one,
// may be from right when their inputs are exact; the nodes are in the graph's
// order and the last one makes the result. values holds the right results of
// the nodes and their inputs, by nn.Node.Index. The text says what the tolerance
// comes from.
func ToleranceOf(p Precision, nodes []*nn.Node, values []*nn.Tensor) (Tolerance, string) {
	inside := map[*nn.Node]budget{}
	for _, n := range nodes {
		for _, in := range n.Inputs {
			inside[in] = storing(p) // until it is computed itself
		}
	}
	b := storing(p)
	roundings, reach := 0, 1.0
	for _, n := range nodes {
		e := effectsOf(n, values)
		b = rounding(p, Roundings(n), isWeighted(n.Op)).times(e.own)
		for i, in := range n.Inputs {
			b = b.plus(inside[in], e.gains[i])
		}
		inside[n] = b
		roundings += Roundings(n)
		reach = max(reach, math.Sqrt(e.own))
	}
	if b == (budget{}) {
		return b.tolerance(), "a copy: exact"
	}
	basis := fmt.Sprintf("%s, %d roundings an element", p, roundings)
	if reach >= 2 {
		basis += fmt.Sprintf(", of terms %.2g times the result", reach)
	}
	return b.tolerance(), basis
}

func (b budget) times(f float64) budget { return budget{b.nmse * f, b.max * f} }

// drifts returns, by node, how far a device may be from right after everything
// before: the budgets of all nodes carried through the graph.
func drifts(p Precision, g *nn.Graph, values []*nn.Tensor) []budget {
	of := make([]budget, len(g.Nodes))
	for i, n := range g.Nodes {
		e := effectsOf(n, values)
		of[i] = rounding(p, Roundings(n), isWeighted(n.Op)).times(e.own * systematic)
		for j, in := range n.Inputs {
			of[i] = of[i].plus(of[in.Index], e.gains[j])
		}
	}
	return of
}

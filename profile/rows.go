package profile

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vkeras/vkeras/gpu"
)

// By is what a row of a report is.
type By string

// The kinds of rows.
const (
	ByStep   By = "step"   // of the program
	ByLayer  By = "layer"  // of Keras; layers that were fused into another are in that one's row
	ByBlock  By = "block"  // conv1, res2a ... fc
	ByStage  By = "stage"  // conv1, res2 ... fc: blocks of one size of feature maps
	ByKernel By = "kernel" // steps that run the same kernels
)

// Kinds lists the kinds of rows, from the finest on.
func Kinds() []By { return []By{ByStep, ByLayer, ByBlock, ByStage, ByKernel} }

// ErrByBlock is a kind of row that times of whole blocks cannot give.
var ErrByBlock = errors.New("the device has no timestamps, so blocks were timed as a whole")

func (m *Measurement) supports(by By) error {
	switch {
	case !slices.Contains(Kinds(), by):
		return fmt.Errorf("no rows by %q", by)
	case m.blocks && by != ByBlock && by != ByStage:
		return fmt.Errorf("%w: there are no rows by %s, but by %s and %s", ErrByBlock, by, ByBlock, ByStage)
	}
	return nil
}

var stage = regexp.MustCompile(`^res\d+`)

// key names the row that a step belongs to.
func (s step) key(by By) string {
	switch by {
	case ByLayer:
		return s.layer
	case ByBlock:
		return s.block
	case ByStage:
		if name := stage.FindString(s.block); name != "" {
			return name
		}
		return s.block
	case ByKernel:
		return kernelNames(s.kernels)
	}
	return s.name
}

func kernelNames(kernels []Kernel) string {
	names := make([]string, len(kernels))
	for i, k := range kernels {
		names[i] = k.Name
	}
	return strings.Join(names, " + ")
}

// rows groups the steps, in the order of their first.
func (m *Measurement) rows(by By) []Row {
	var keys []string
	members := map[string][]int{}
	for i, s := range m.steps {
		key := s.key(by)
		if by == ByStep {
			key = fmt.Sprint(i) // steps of a layer that is called twice stay apart
		}
		if members[key] == nil {
			keys = append(keys, key)
		}
		members[key] = append(members[key], i)
	}
	rows := make([]Row, len(keys))
	var all float64
	for i, key := range keys {
		rows[i] = m.row(by, members[key])
		all += rows[i].Median
	}
	for i := range rows {
		if all > 0 {
			rows[i].Share = rows[i].Median / all
		}
	}
	return rows
}

// row sums up steps.
func (m *Measurement) row(by By, steps []int) Row {
	first := m.steps[steps[0]]
	row := Row{Name: first.key(by), Steps: len(steps)}
	if by == ByStep || by == ByLayer {
		row.Block = first.block
	}
	if len(steps) == 1 {
		row.Operation, row.Output, row.Product = first.operation, first.output, first.product
	}
	times := make([]time.Duration, len(m.runs))
	for _, i := range steps {
		s := m.steps[i]
		row.MACs += s.macs
		row.Bytes += s.bytes
		row.Predicted += s.predicted
		for _, l := range s.layers {
			if !slices.Contains(row.Layers, l) {
				row.Layers = append(row.Layers, l)
			}
		}
		for j, r := range m.runs {
			times[j] += r.took[i]
		}
	}
	row.Time = timeOf(times)
	row.Kernels = m.kernels(steps)
	if row.Median > 0 {
		row.GFLOPS = 2 * float64(row.MACs) / row.Median / 1e6
		row.GBPerSecond = float64(row.Bytes) / row.Median / 1e6
	}
	if row.Bytes > 0 {
		row.Intensity = 2 * float64(row.MACs) / float64(row.Bytes)
	}
	if m.about.Roof != nil {
		m.judge(&row, steps)
	}
	return row
}

// kernels adds up the kernels of steps, those of the slowest step first. A
// step's last kernel computes it; what runs before that prepares.
func (m *Measurement) kernels(steps []int) []Kernel {
	slowest := slices.SortedStableFunc(slices.Values(steps), func(a, b int) int { return cmp.Compare(m.took(b), m.took(a)) })
	list := []Kernel{}
	for _, i := range slowest {
		for _, k := range slices.Backward(m.steps[i].kernels) {
			list = addKernel(list, k)
		}
	}
	return list
}

// leastTime is what a step must take for its speed to be believed: where a thread
// is not run for a while, the step that it then finds done seems to take no time.
const leastTime = 0.02 // ms

// Fastest returns the GFLOP/s of the fastest step by its median, and its kernels;
// 0 where steps have no times of their own. Steps of less than 20 µs do not count.
func (m *Measurement) Fastest() (gflops float64, kernels string) {
	if m.blocks {
		return 0, ""
	}
	for i, s := range m.steps {
		if took := m.took(i); took >= leastTime {
			if g := 2 * float64(s.macs) / took / 1e6; g > gflops {
				gflops, kernels = g, s.name
				if len(s.kernels) > 0 {
					kernels = s.kernels[len(s.kernels)-1].Name
				}
			}
		}
	}
	return gflops, kernels
}

// Renew has the roof measured again if a step was faster than it, which none can
// be, and raises it to that step's speed if it still was.
func (m *Measurement) Renew(measure func() (*Roof, error)) error {
	const tolerance = 1.02 // of clocks
	roof := m.about.Roof
	fastest, kernels := m.Fastest()
	if roof == nil || fastest <= tolerance*roof.GFLOPS {
		return nil
	}
	again, err := measure()
	if err != nil {
		return err
	}
	if fastest > tolerance*again.GFLOPS {
		raised := *again
		raised.GFLOPS, raised.Beaten = fastest, kernels
		again = &raised
	}
	m.about.Roof = again
	return nil
}

// took returns the median time of a step in ms.
func (m *Measurement) took(step int) float64 {
	times := make([]time.Duration, len(m.runs))
	for j, r := range m.runs {
		times[j] = r.took[step]
	}
	return timeOf(times).Median
}

// Sort sorts the rows: in the order in which they run, or the largest first by
// one of Orders.
func (r *Report) Sort(order string) error {
	of, ok := orders[order]
	if !ok {
		return fmt.Errorf("no order %q: expected %s", order, strings.Join(Orders(), ", "))
	}
	if of != nil {
		slices.SortStableFunc(r.Rows, func(a, b Row) int { return cmp.Compare(of(b), of(a)) })
	}
	return nil
}

var orders = map[string]func(Row) float64{
	"order":     nil,
	"time":      func(r Row) float64 { return r.Median },
	"predicted": func(r Row) float64 { return r.Predicted },
	"p95":       func(r Row) float64 { return r.P95 },
	"macs":      func(r Row) float64 { return float64(r.MACs) },
	"bytes":     func(r Row) float64 { return float64(r.Bytes) },
	"gflops":    func(r Row) float64 { return r.GFLOPS },
	"gbps":      func(r Row) float64 { return r.GBPerSecond },
	"intensity": func(r Row) float64 { return r.Intensity },
	"roof":      func(r Row) float64 { return r.OfRoof },
	"waste":     func(r Row) float64 { return r.Median * (1 - r.OfRoof) },
}

// Orders lists what Sort takes: order, as the rows run; the columns; and waste,
// the time beyond what the roof allows.
func Orders() []string {
	return []string{"order", "time", "predicted", "p95", "macs", "bytes", "gflops", "gbps", "intensity", "roof", "waste"}
}

// Finest returns the finest kind of rows that the clock gives.
func Finest(clock gpu.Clock) By {
	if clock == gpu.HostClock {
		return ByBlock
	}
	return ByStep
}

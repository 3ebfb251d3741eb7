package profile

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/cachefile"
	"github.com/vkeras/vkeras/shaders"
)

// Roof is what a device can do at most, as gpu.Device.MeasureRoof or cpu.MeasureRoof
// found.
type Roof struct {
	GFLOPS          float64   `json:"gflops"` // float32
	CopyGBPerSecond float64   `json:"copy_gb_per_second"`
	ReadGBPerSecond float64   `json:"read_gb_per_second"`
	DispatchUS      float64   `json:"dispatch_us"` // the least that a dispatch with its barrier takes
	Measured        time.Time `json:"measured"`

	// How it was measured: the best of some windows of time, of which the slowest
	// reached that share of the best one's GFLOP/s; and the share of the processors'
	// time that other processes took in the quietest window.
	Windows int     `json:"windows,omitempty"`
	Spread  float64 `json:"slowest_window,omitempty"`
	Others  float64 `json:"other_processes,omitempty"`
	// Beaten names the kernels of a step that was faster than what was measured, and
	// to whose speed the GFLOP/s were raised; "" for none.
	Beaten string `json:"beaten_by,omitempty"`
}

// A roof is doubtful if others took more of the processors than this, or a window
// reached less of the best.
const (
	mostOthers  = 0.1
	leastSpread = 0.85
)

// Doubtful reports whether load shows in the measurement: it is then taken again
// the next time.
func (r *Roof) Doubtful() bool {
	return r.Others > mostOthers || r.Windows > 1 && r.Spread < leastSpread || r.Beaten != ""
}

// How says how it was measured, for people.
func (r *Roof) How() string {
	if r.Windows == 0 {
		return ""
	}
	text := fmt.Sprintf("best of %d windows, the slowest %.0f %% of it", r.Windows, 100*r.Spread)
	if r.Others > mostOthers {
		text += fmt.Sprintf(", others took %.0f %% of the processors", 100*r.Others)
	}
	if r.Beaten != "" {
		text += ", beaten by " + r.Beaten
	}
	return text
}

// merge takes the better of each figure of another window, or of other windows.
func (r *Roof) merge(o *Roof) {
	slow, fast := min(r.slowest(), o.slowest()), max(r.GFLOPS, o.GFLOPS)
	if r.GFLOPS < o.GFLOPS {
		r.Measured, r.Beaten = o.Measured, o.Beaten
	}
	r.GFLOPS, r.CopyGBPerSecond, r.ReadGBPerSecond = fast, max(r.CopyGBPerSecond, o.CopyGBPerSecond), max(r.ReadGBPerSecond, o.ReadGBPerSecond)
	r.DispatchUS, r.Others, r.Windows = min(r.DispatchUS, o.DispatchUS), min(r.Others, o.Others), r.Windows+o.Windows
	r.Spread = slow / fast
}

// slowest is the GFLOP/s of the slowest window.
func (r *Roof) slowest() float64 {
	if r.Spread == 0 {
		return r.GFLOPS
	}
	return r.GFLOPS * r.Spread
}

// GBPerSecond is the better of the two ways to use the memory.
func (r *Roof) GBPerSecond() float64 { return max(r.CopyGBPerSecond, r.ReadGBPerSecond) }

// Ridge is the intensity, in FLOP/B, from which on arithmetic is the limit.
func (r *Roof) Ridge() float64 { return r.GFLOPS / r.GBPerSecond() }

// valid reports whether the numbers can be a device's.
func (r *Roof) valid() bool {
	for _, v := range []float64{r.GFLOPS, r.CopyGBPerSecond, r.ReadGBPerSecond} {
		if !(v > 0) || math.IsInf(v, 0) {
			return false
		}
	}
	return r.DispatchUS >= 0
}

// Bound is what keeps a row from being faster.
type Bound string

// The bounds.
const (
	Compute Bound = "compute" // arithmetic: the time that the FLOPs take at least is the longer one
	Memory  Bound = "memory"  // the time that the bytes take at least is
	Latency Bound = "latency" // neither: so little work that starting it is what takes the time
)

// judge compares the row with the roof, step by step: a row is bound by what
// binds most of its time.
func (m *Measurement) judge(row *Row, steps []int) {
	var ideal float64            // ms
	share := map[Bound]float64{} // ms
	for _, i := range steps {
		s := m.steps[i]
		least, bound := m.about.Roof.least(s)
		ideal += least
		if m.blocks { // a step's own time is not known
			share[bound] += least
			continue
		}
		median := m.took(i)
		share[m.about.Roof.bound(s, median, least, bound)] += median
	}
	if row.Median > 0 {
		row.OfRoof = ideal / row.Median
	}
	row.Bound = Memory
	for _, b := range []Bound{Compute, Latency} {
		if share[b] > share[row.Bound] {
			row.Bound = b
		}
	}
}

// least returns the least time of a step in ms, and what decides it.
func (r *Roof) least(s step) (float64, Bound) {
	arithmetic := 2 * float64(s.macs) / r.GFLOPS / 1e6
	memory := float64(s.bytes) / r.GBPerSecond() / 1e6
	if arithmetic > memory {
		return arithmetic, Compute
	}
	return memory, Memory
}

// bound returns Latency for a step that is far from the roof and takes hardly
// more than its dispatches would if they did nothing.
func (r *Roof) bound(s step, took, least float64, other Bound) Bound {
	const (
		far   = 0.2
		floor = 0.005 // ms: what GPUs take to start and end
	)
	var dispatches int
	for _, k := range s.kernels {
		dispatches += k.Dispatches
	}
	if least < far*took && took < float64(dispatches)*max(floor, 2*r.DispatchUS/1000) {
		return Latency
	}
	return other
}

// CachedRoof returns the device's roof: from a file in the folder, if it was
// measured there with this driver and these kernels, else measured and kept.
// With again it is measured in any case, and so is one that is Doubtful. A folder that is "" or cannot be used
// costs no more than the next measurement.
func CachedRoof(ctx context.Context, d *gpu.Device, folder string, again bool) (*Roof, error) {
	return cachedRoof(folder, roofName(d.Info()), roofKey(d.Info()), again, func() (*Roof, error) {
		r, err := d.MeasureRoof(ctx)
		return newRoof(r.FLOPS, r.CopyBytesPerSecond, r.ReadBytesPerSecond, r.Dispatch), err
	})
}

// CachedNativeRoof is CachedRoof for a net on the processor, with its kernels and
// threads.
func CachedNativeRoof(ctx context.Context, o cpu.Options, folder string, again bool) (*Roof, error) {
	key := fmt.Appendf(nil, "of written memory %q %q %d", cpu.Host().Name, o.Kernels, o.Threads)
	sum := sha256.Sum256(key)
	return cachedRoof(folder, fmt.Sprintf("roof-cpu-%x.bin", sum[:8]), key, again, func() (*Roof, error) {
		r, err := cpu.MeasureRoof(ctx, o)
		return newRoof(r.FLOPS, r.CopyBytesPerSecond, r.ReadBytesPerSecond, r.Step), err
	})
}

func newRoof(flops, copied, read float64, dispatch time.Duration) *Roof {
	return &Roof{
		GFLOPS: flops / 1e9, CopyGBPerSecond: copied / 1e9, ReadGBPerSecond: read / 1e9,
		DispatchUS: float64(dispatch) / float64(time.Microsecond), Measured: time.Now().UTC().Truncate(time.Second),
	}
}

func cachedRoof(folder, name string, key []byte, again bool, measure func() (*Roof, error)) (*Roof, error) {
	var kept *Roof
	if folder != "" {
		kept = readRoof(folder, name, key)
	}
	if kept != nil && !again && !kept.Doubtful() {
		return kept, nil
	}
	r, err := windows(measure)
	if err != nil {
		return nil, err
	}
	if kept != nil && kept.Beaten == "" && kept.GFLOPS > r.GFLOPS && r.Doubtful() && kept.Windows > 0 {
		r = kept // slower now, and load shows: it is no better known
	}
	if data, err := json.Marshal(r); err == nil && folder != "" {
		_ = cachefile.Write(folder, name, key, data)
	}
	return r, nil
}

// windows measures in some windows of time, in more if load shows, and returns the
// best: load makes a machine slower, never faster.
func windows(measure func() (*Roof, error)) (*Roof, error) {
	const few, many = 3, 6
	var best *Roof
	for n := 1; n <= few || n <= many && best.Doubtful(); n++ {
		r, err := window(measure)
		if err != nil {
			return nil, err
		}
		if best == nil {
			best = r
			best.Spread = 1
			continue
		}
		best.merge(r)
	}
	return best, nil
}

// roofName is the file's name: one a device, so that a driver's update replaces
// what was measured with its predecessor.
func roofName(i gpu.Info) string {
	sum := sha256.Sum256([]byte(i.Name + i.UUID))
	return fmt.Sprintf("roof-%x.bin", sum[:8])
}

// roofKey is all that a roof depends on.
func roofKey(i gpu.Info) []byte {
	key := fmt.Appendf(nil, "%q %q %q %q", i.Name, i.UUID, i.Driver, i.API)
	for _, k := range shaders.Roof() {
		if code, err := k.SPIRV(); err == nil {
			sum := sha256.Sum256(code)
			key = append(key, sum[:]...)
		}
	}
	return key
}

// readRoof returns what is kept, nil where that does not count.
func readRoof(folder, name string, key []byte) *Roof {
	data, err := cachefile.Read(folder, name, key)
	if err != nil {
		return nil
	}
	var r Roof
	if json.Unmarshal(data, &r) != nil || !r.valid() {
		return nil
	}
	return &r
}

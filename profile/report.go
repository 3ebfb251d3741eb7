package profile

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/vkeras/vkeras/gpu"
)

// Schema names the form of a report as JSON. It changes when a field changes
// its meaning or goes; new fields may come.
const Schema = "vkeras.profile/1"

// Report is where a net's time goes. Times are in milliseconds, counts of work
// are of the whole batch.
type Report struct {
	Schema     string    `json:"schema"`
	Model      string    `json:"model"`
	Device     string    `json:"device"`
	DeviceType string    `json:"device_type"`
	Driver     string    `json:"driver"`
	Batch      int       `json:"batch"`
	Precision  string    `json:"precision"`
	Program    string    `json:"program"` // planned, or layer by layer
	Clock      gpu.Clock `json:"clock"`   // device, or host: rows have submissions in them
	Runs       int       `json:"runs"`
	Roof       *Roof     `json:"roof,omitempty"`

	Wall     Time    `json:"wall"`         // of the timed runs
	Untimed  Time    `json:"untimed_wall"` // of as many runs without timing
	Overhead float64 `json:"overhead"`     // of timing: how much longer the wall time is, as a share; the median over the pairs of runs
	Account  Account `json:"account"`

	Predicted *Predicted `json:"predicted,omitempty"`

	By         By          `json:"by"`
	Rows       []Row       `json:"rows"`
	Comparison *Comparison `json:"comparison,omitempty"`
}

// Time sums up the runs.
type Time struct {
	Median float64 `json:"median_ms"`
	P95    float64 `json:"p95_ms"`
	Q1     float64 `json:"q1_ms"` // a quarter of the runs is faster
	Q3     float64 `json:"q3_ms"` // a quarter of the runs is slower
}

// Account divides the wall time of the run with the median one. The parts do
// not overlap and add up to it.
type Account struct {
	Wall        float64 `json:"wall_ms"`
	Upload      float64 `json:"upload_ms"`      // inputs: by the host and, from a staging buffer, by the device
	Submit      float64 `json:"submit_ms"`      // handing work to the device and noticing its end; by the host's clock part of steps
	Steps       float64 `json:"steps_ms"`       // in the rows; by the host's clock with submissions
	Gaps        float64 `json:"gaps_ms"`        // the device between steps: barriers
	Readback    float64 `json:"readback_ms"`    // outputs, as inputs
	Unexplained float64 `json:"unexplained_ms"` // the rest: the host between the phases
}

// Row is a step, or several together.
type Row struct {
	Name  string `json:"name"`
	Block string `json:"block,omitempty"` // of steps and layers
	Time
	Predicted   float64  `json:"predicted_ms,omitempty"` // by Report.Predicted
	Share       float64  `json:"share"`                  // of all rows' medians
	Steps       int      `json:"steps"`
	Layers      []string `json:"layers"` // Keras layers that it computes
	Operation   string   `json:"operation,omitempty"`
	Output      string   `json:"output_shape,omitempty"`
	Product     *Product `json:"product,omitempty"`
	MACs        int64    `json:"macs"`
	Bytes       int64    `json:"bytes"` // that must move at least
	GFLOPS      float64  `json:"gflops"`
	GBPerSecond float64  `json:"gb_per_second"`
	Intensity   float64  `json:"flop_per_byte"`
	OfRoof      float64  `json:"of_roof,omitempty"` // the least time that the roof allows, as a share of the time taken
	Bound       Bound    `json:"bound,omitempty"`
	Kernels     []Kernel `json:"kernels"`
}

// Product is a matrix product of M rows, N columns and sums of K terms.
type Product struct {
	M int64 `json:"m"` // output positions of all images
	N int64 `json:"n"` // output channels
	K int64 `json:"k"` // taps times input channels
}

// Kernel is a kernel that a row runs.
type Kernel struct {
	Name       string `json:"name"`
	Tile       string `json:"tile,omitempty"` // output positions x channels of a work group
	Dispatches int    `json:"dispatches"`
	Groups     int64  `json:"work_groups"`
}

// Report makes the report with rows of a kind, in the order in which they run.
func (m *Measurement) Report(by By) (*Report, error) {
	if err := m.supports(by); err != nil {
		return nil, err
	}
	r := m.about
	r.By = by
	r.Wall = timeOf(walls(m.runs))
	r.Untimed = timeOf(m.plain)
	r.Overhead = m.overhead()
	r.Account = account(m.median())
	r.Rows = m.rows(by)
	return &r, nil
}

// overhead compares each timed run with the untimed one beside it, whose moment
// of the machine it shares.
func (m *Measurement) overhead() float64 {
	ratios := make([]float64, len(m.runs))
	for i, r := range m.runs {
		ratios[i] = float64(r.Wall)/float64(max(m.plain[i], 1)) - 1
	}
	slices.Sort(ratios)
	return stat.Quantile(0.5, stat.Empirical, ratios, nil)
}

// median returns the run with the median wall time.
func (m *Measurement) median() run {
	sorted := slices.SortedFunc(slices.Values(m.runs), func(a, b run) int { return int(a.Wall - b.Wall) })
	return sorted[(len(sorted)-1)/2]
}

func walls(runs []run) []time.Duration {
	all := make([]time.Duration, len(runs))
	for i, r := range runs {
		all[i] = r.Wall
	}
	return all
}

// account divides the run's wall time.
func account(r run) Account {
	upload, readback := r.Upload.Took, r.Readback.Took
	var steps, gaps, submit time.Duration
	for _, s := range r.Submissions {
		var work time.Duration
		for _, w := range s.Work {
			work += w.Took
		}
		steps += work
		if s.Busy == 0 { // by the host's clock
			continue
		}
		upload += s.CopyIn.Took
		readback += s.CopyOut.Took
		gaps += s.Busy - work - s.CopyIn.Took - s.CopyOut.Took
		submit += max(0, s.Took-s.Busy) // a device's clock that runs fast shows as unexplained
	}
	a := Account{Wall: ms(r.Wall), Upload: ms(upload), Submit: ms(submit), Steps: ms(steps), Gaps: ms(gaps), Readback: ms(readback)}
	a.Unexplained = ms(r.Wall - upload - submit - steps - gaps - readback)
	return a
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func timeOf(runs []time.Duration) Time {
	x := make([]float64, len(runs))
	for i, d := range runs {
		x[i] = ms(d)
	}
	slices.Sort(x)
	at := func(p float64) float64 { return stat.Quantile(p, stat.Empirical, x, nil) } // the least value that so many runs do not exceed
	return Time{Median: at(0.5), P95: at(0.95), Q1: at(0.25), Q3: at(0.75)}
}

// Read reads a report that was written as JSON.
func Read(r io.Reader) (*Report, error) {
	const most = 64 << 20 // a report of a thousand steps has half a megabyte
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if len(text) > most {
		return nil, fmt.Errorf("not a profile: over %d MiB", most>>20)
	}
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("not a profile as JSON: %w", err)
	}
	if head.Schema != Schema {
		return nil, fmt.Errorf("expected a profile of schema %q, found %q", Schema, head.Schema)
	}
	var p Report
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("not a profile: %w", err)
	}
	return &p, nil
}

package validate

import (
	"errors"

	"github.com/vkeras/vkeras/nn"
)

// ErrNotRun says that a kernel was to be validated and no layer ran it.
var ErrNotRun = errors.New("no layer runs the kernel")

// Report is what Run found.
type Report struct {
	Model     string    `json:"model"`
	Device    string    `json:"device"`
	Driver    string    `json:"driver"`
	Judge     string    `json:"judge"`
	Precision Precision `json:"precision"`
	Planned   bool      `json:"planned"`
	Kernel    string    `json:"kernel,omitempty"`   // that was forced
	Replaced  []string  `json:"replaced,omitempty"` // kernels whose code was
	Batch     int       `json:"batch"`
	Layers    []*Layer  `json:"layers"`            // in the order in which the device runs them
	Unknown   []string  `json:"unknown,omitempty"` // arrays of the judge that are no layer's
	Totals    Totals    `json:"totals"`
}

// Totals count the layers. The run passed when none failed.
type Totals struct {
	Layers           int  `json:"layers"`
	FailedIsolated   int  `json:"failed_isolated"`
	FailedCumulative int  `json:"failed_cumulative"`
	Unsteady         int  `json:"unsteady"`
	Passed           bool `json:"passed"`
}

// Layer is what Run found of one layer, or of several that the planner joined.
type Layer struct {
	Name    string   `json:"name"`
	Class   string   `json:"class"` // of the Keras layer: "Conv2D"
	Kind    string   `json:"kind"`  // of the operation
	Block   string   `json:"block,omitempty"`
	Nodes   []string `json:"nodes"`           // of the graph that it computes; the last one's result is compared
	Kernels []string `json:"kernels"`         // none where a layer only renames elements
	Shape   nn.Shape `json:"shape"`           // of one image, as far as the device holds it
	Judge   string   `json:"judge,omitempty"` // where another than the report's judged

	// Isolated: by itself, fed with the judge's inputs; nil where no kernel runs.
	// Cumulative: after everything before it.
	Isolated   *Check `json:"isolated,omitempty"`
	Cumulative *Check `json:"cumulative,omitempty"`

	// Unsteady: two runs on the same input differ in a bit. That alone is no
	// failure, but a kernel that is right gives one result.
	Unsteady bool `json:"unsteady,omitempty"`

	Place   *Place `json:"place,omitempty"`   // of the isolated errors, where there are
	Suspect string `json:"suspect,omitempty"` // the mistake that gives exactly the wrong result, where one was found

	got, want *nn.Tensor // of the isolated check; once the run is over, only where it failed
	held      held
}

// Passed reports whether both checks passed.
func (l *Layer) Passed() bool {
	return (l.Isolated == nil || l.Isolated.Passed) && (l.Cumulative == nil || l.Cumulative.Passed)
}

// Heat returns the heat map of the isolated errors, nil unless that check failed.
func (l *Layer) Heat() *HeatMap {
	if l.got == nil {
		return nil
	}
	m, _ := Heat(l.got, l.want, l.Isolated.Tolerance) // both have one shape
	return m
}

// Check is a comparison and its verdict.
type Check struct {
	Difference
	Tolerance Tolerance  `json:"tolerance"`
	Basis     string     `json:"basis"` // what the tolerance comes from
	Passed    bool       `json:"passed"`
	Smallest  *Tolerance `json:"smallest_tolerance,omitempty"` // that would pass, where the check failed
}

// check compares and decides.
func check(got, want *nn.Tensor, t Tolerance, basis string) (*Check, error) {
	d, err := Compare(got, want)
	if err != nil {
		return nil, err
	}
	c := &Check{Difference: d, Tolerance: t, Basis: basis, Passed: t.Holds(d)}
	if !c.Passed {
		s := d.Smallest()
		c.Smallest = &s
	}
	return c, nil
}

// Failed returns the layers that did not pass.
func (r *Report) Failed() []*Layer {
	var failed []*Layer
	for _, l := range r.Layers {
		if !l.Passed() {
			failed = append(failed, l)
		}
	}
	return failed
}

// count fills in the totals.
func (r *Report) count() {
	r.Totals = Totals{Layers: len(r.Layers), Passed: true}
	for _, l := range r.Layers {
		if l.Isolated != nil && !l.Isolated.Passed {
			r.Totals.FailedIsolated++
		}
		if l.Cumulative != nil && !l.Cumulative.Passed {
			r.Totals.FailedCumulative++
		}
		if l.Unsteady {
			r.Totals.Unsteady++
		}
		r.Totals.Passed = r.Totals.Passed && l.Passed()
	}
}

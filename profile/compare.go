package profile

import (
	"errors"
	"fmt"
	"math"
)

// Comparison is what changed since an older report.
type Comparison struct {
	Differs []string `json:"differs"` // other than time: the device, the batch ...
	Wall    Change   `json:"wall"`    // of untimed runs
	Rows    []Change `json:"rows"`    // in the report's order, then those that are gone
}

// Change is a row then and now; the times of one that is new or gone are 0.
type Change struct {
	Name    string  `json:"name"`
	Old     float64 `json:"old_median_ms"`
	New     float64 `json:"new_median_ms"`
	Ratio   float64 `json:"ratio,omitempty"` // new to old
	Verdict Verdict `json:"verdict"`
}

// Verdict says what a change amounts to.
type Verdict string

// The verdicts.
const (
	Faster Verdict = "faster"
	Slower Verdict = "slower"
	Same   Verdict = "same" // within the noise
	Fresh  Verdict = "new"
	Gone   Verdict = "gone"
)

// ErrOtherRows are reports whose rows are of different kinds.
var ErrOtherRows = errors.New("the reports have rows of different kinds")

// verdict is beyond the noise when the middle halves of the runs do not
// overlap, and the medians differ by more than a clock and a cache's mood do.
func verdict(old, now Time) Verdict {
	const least = 0.02
	if math.Abs(now.Median-old.Median) < least*old.Median {
		return Same
	}
	switch {
	case now.Q3 < old.Q1:
		return Faster
	case now.Q1 > old.Q3:
		return Slower
	}
	return Same
}

func change(name string, old, now Time) Change {
	c := Change{Name: name, Old: old.Median, New: now.Median, Verdict: verdict(old, now)}
	if old.Median > 0 {
		c.Ratio = now.Median / old.Median
	}
	return c
}

// Compare adds to the report what changed since an older one.
func (r *Report) Compare(old *Report) error {
	if old.By != r.By {
		return fmt.Errorf("%w: by %s then, by %s now", ErrOtherRows, old.By, r.By)
	}
	c := &Comparison{Differs: []string{}, Wall: change("a run, untimed", old.Untimed, r.Untimed)}
	for _, f := range []struct{ name, then, now string }{
		{"model", old.Model, r.Model},
		{"device", old.Device, r.Device},
		{"driver", old.Driver, r.Driver},
		{"batch", fmt.Sprint(old.Batch), fmt.Sprint(r.Batch)},
		{"precision", old.Precision, r.Precision},
		{"program", old.Program, r.Program},
		{"clock", string(old.Clock), string(r.Clock)},
	} {
		if f.then != f.now {
			c.Differs = append(c.Differs, fmt.Sprintf("%s: %s then, %s now", f.name, f.then, f.now))
		}
	}
	then := map[string][]Row{} // steps of a layer that is called twice share a name
	for _, row := range old.Rows {
		then[row.Name] = append(then[row.Name], row)
	}
	for _, row := range r.Rows {
		same := then[row.Name]
		if len(same) == 0 {
			c.Rows = append(c.Rows, Change{Name: row.Name, New: row.Median, Verdict: Fresh})
			continue
		}
		then[row.Name] = same[1:]
		c.Rows = append(c.Rows, change(row.Name, same[0].Time, row.Time))
	}
	for _, row := range old.Rows {
		if rest := then[row.Name]; len(rest) > 0 {
			then[row.Name] = rest[1:]
			c.Rows = append(c.Rows, Change{Name: row.Name, Old: row.Median, Verdict: Gone})
		}
	}
	r.Comparison = c
	return nil
}

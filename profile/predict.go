package profile

import (
	"fmt"

	"github.com/vkeras/vkeras/gpu/paper"
)

// Predicted is what a GPU on paper is predicted to take for the same program.
type Predicted struct {
	Device  string  `json:"device"`
	Source  string  `json:"source"` // of its limits
	Assumed string  `json:"assumed"`
	Total   float64 `json:"total_ms"` // of the steps
}

// predict fills in what the device is predicted to take for each step.
func (m *Measurement) predict(d paper.Device, n Subject) error {
	p, err := d.Predict(n.Program(), n.Precision(), n.batch())
	if err != nil {
		return fmt.Errorf("the time on %s: %w", d, err)
	}
	m.about.Predicted = &Predicted{Device: d.String(), Source: d.Source, Assumed: paper.Assumptions(), Total: ms(p.Total)}
	for i, s := range p.Steps {
		m.steps[i].predicted = ms(s.Time)
	}
	return nil
}

// predicted writes the prediction beside what was measured.
func (r *Report) predicted() string {
	p := r.Predicted
	return fmt.Sprintf("%s is predicted to take %s ms for the steps, which took %s ms here (limits: %s).\n%s",
		p.Device, number(p.Total), number(r.Account.Steps), p.Source, p.Assumed)
}

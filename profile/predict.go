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

// predict takes in what is predicted of each step.
func (m *Measurement) predict(p *paper.Prediction) error {
	if len(p.Steps) != len(m.steps) {
		return fmt.Errorf("a prediction of another program: it has %d steps, the net %d", len(p.Steps), len(m.steps))
	}
	m.about.Predicted = &Predicted{Device: p.Device.String(), Source: p.Device.Source, Assumed: paper.Assumptions(), Total: ms(p.Total)}
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

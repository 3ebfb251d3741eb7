package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/vkeras/vkeras/gpu/paper"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// predictedStep is a step of `vkeras plan --on` in JSON; times are microseconds.
type predictedStep struct {
	Name    string   `json:"name"`
	Kernels []string `json:"kernels"`
	Issue   float64  `json:"issue_us"`
	Memory  float64  `json:"memory_us"`
	Time    float64  `json:"time_us"`
}

// predicted is `vkeras plan --on` in JSON.
type predicted struct {
	Schema  string          `json:"schema"`
	Model   string          `json:"model"`
	Device  string          `json:"device"`
	Source  string          `json:"source"`
	Batch   int             `json:"batch"`
	Assumed string          `json:"assumed"`
	Total   float64         `json:"total_us"`
	Steps   []predictedStep `json:"steps"`
}

// onPaper says which GPU's time is predicted, and how it is written.
type onPaper struct {
	*tool
	on     string
	device *deviceFlags
	out    format
}

// predict writes what the GPU is predicted to take for the model.
func (p *onPaper) predict(g *nn.Graph, name string) error {
	d, err := paper.Named(p.on)
	if err != nil {
		return usagef("--on: %w", err)
	}
	precision, err := nn.ParsePrecision(p.device.precision)
	if err != nil {
		return usagef("--%w", err)
	}
	got, err := d.Predict(plan.Compile(g, p.device.passes.over(plan.All())), precision, p.device.batch)
	if err != nil {
		return err
	}
	out := predicted{Schema: "vkeras.predicted/1", Model: name, Device: d.String(), Source: d.Source, Batch: got.Batch, Assumed: paper.Assumptions(), Total: micros(got.Total)}
	for _, s := range got.Steps {
		out.Steps = append(out.Steps, predictedStep{s.Step.Name, s.Kernels, micros(s.Issue), micros(s.Memory), micros(s.Time)})
	}
	if p.out.json {
		return p.writeJSON(out)
	}
	w := newTable("step", "kernels", "issue us", "memory us", "time us", "bound by")
	var right []table.ColumnConfig
	for _, n := range []int{3, 4, 5} {
		right = append(right, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	w.SetColumnConfigs(right)
	for _, s := range out.Steps {
		bound := "memory"
		if s.Issue > s.Memory {
			bound = "issue"
		}
		w.AppendRow(table.Row{s.Name, strings.Join(s.Kernels, " + "), fmt.Sprintf("%.1f", s.Issue), fmt.Sprintf("%.1f", s.Memory), fmt.Sprintf("%.1f", s.Time), bound})
	}
	_, err = fmt.Fprintf(p.stdout, "%s\n\n%s: %.2f ms for a batch of %d, %.3f ms an image\n%s\n",
		w.Render(), d, out.Total/1000, got.Batch, out.Total/1000/float64(got.Batch), out.Assumed)
	return err
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

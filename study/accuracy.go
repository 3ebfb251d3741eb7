package study

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// runs is what tools/keras/downsampling/train.py wrote: a JSON object a line.
//
//go:embed accuracy.jsonl
var runs string

// Accuracy is how well the variants did when real Keras trained small ones
// alike.
type Accuracy struct {
	Recipe   Recipe   `json:"recipe"`
	Variants []*Score `json:"variants"`
}

// Recipe is how the nets were trained.
type Recipe struct {
	Train     int     `json:"train"` // pictures
	Test      int     `json:"test"`
	Divisor   int     `json:"divisor"` // of every width
	Depth     []int   `json:"depth"`   // blocks a stage
	Steps     int     `json:"steps"`
	Batch     int     `json:"batch"`
	Rate      float64 `json:"rate"` // at its highest
	Warmup    int     `json:"warmup"`
	Optimizer string  `json:"optimizer"`
	Keras     string  `json:"keras"`
}

// Score is what the runs of one variant, one a seed, came to on pictures that
// none of them was trained on.
type Score struct {
	Variant    string `json:"variant"`
	Parameters int64  `json:"parameters"`

	Accuracy    Spread `json:"accuracy"`    // share of pictures that are answered rightly
	Consistency Spread `json:"consistency"` // share of pictures moved by a pixel that keep their answer
}

// Spread is a figure of several runs.
type Spread struct {
	Runs      []float64 `json:"runs"`
	Mean      float64   `json:"mean"`
	Deviation float64   `json:"standard_deviation"` // of the runs, with n - 1
}

func (s *Spread) add(v float64) {
	s.Runs = append(s.Runs, v)
	s.Mean, s.Deviation = v, 0
	if len(s.Runs) > 1 {
		s.Mean, s.Deviation = stat.MeanStdDev(s.Runs, nil)
	}
}

// Trained returns the accuracies that were measured once, with the recipe; in
// the order of Variants.
func Trained() (*Accuracy, error) {
	a := &Accuracy{}
	of := map[string]*Score{}
	for line := range strings.Lines(runs) {
		var run struct {
			Variant     string
			Accuracy    float64
			Consistency float64
			Parameters  int64
			Recipe      Recipe
		}
		if err := json.Unmarshal([]byte(line), &run); err != nil {
			return nil, fmt.Errorf("the table of accuracies: %w", err)
		}
		a.Recipe = run.Recipe
		if of[run.Variant] == nil {
			of[run.Variant] = &Score{Variant: run.Variant, Parameters: run.Parameters}
		}
		of[run.Variant].Accuracy.add(run.Accuracy)
		of[run.Variant].Consistency.add(run.Consistency)
	}
	for _, v := range Variants() {
		if s := of[v.Variant]; s != nil {
			a.Variants = append(a.Variants, s)
		}
	}
	return a, nil
}

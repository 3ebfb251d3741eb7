package main

import (
	"encoding/csv"
	"fmt"
	"math"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// answer is one picture's.
type answer struct {
	File    string  `json:"file"`
	Width   int     `json:"width"`
	Height  int     `json:"height"`
	Classes []class `json:"classes"`
}

type class struct {
	Index int     `json:"index"`
	Label string  `json:"label"`
	Score float32 `json:"score"`
}

// fault is a file that could not be classified.
type fault struct {
	File  string `json:"file"`
	Error string `json:"error"`
}

// answersJSON is what classify --json writes.
type answersJSON struct {
	Schema        string        `json:"schema"`
	Model         string        `json:"model"`
	Device        string        `json:"device"`
	Resize        string        `json:"resize"`
	Preset        string        `json:"preset"`
	Preprocessing preprocessing `json:"preprocessing"`
	Score         string        `json:"score"`
	Pictures      []answer      `json:"pictures"`
	Failed        []fault       `json:"failed"`
}

func (k *classifier) write(answers []answer, faults []fault, model string, e engine) error {
	switch {
	case k.out.json:
		return k.writeJSON(answersJSON{
			Schema: "vkeras.classify/1", Model: model, Device: e.String(),
			Resize: string(k.options.Filter), Preset: string(k.options.Preset), Preprocessing: k.preprocessing(),
			Score: k.score, Pictures: append([]answer{}, answers...), Failed: append([]fault{}, faults...),
		})
	case k.out.csv:
		return k.writeCSV(answers)
	case len(answers) == 0:
		return nil
	}
	w := newTable("picture", "class", k.score)
	w.SetColumnConfigs([]table.ColumnConfig{{Number: 3, Align: text.AlignRight, AlignHeader: text.AlignRight}})
	for _, a := range answers {
		file := a.File
		for _, c := range a.Classes {
			w.AppendRow(table.Row{file, c.Label, k.number(c.Score)})
			file = ""
		}
	}
	_, err := fmt.Fprintln(k.stdout, w.Render())
	return err
}

// number writes a probability in per cent, any other score as it is.
func (k *classifier) number(score float32) string {
	if k.score != "probability" || math.IsNaN(float64(score)) {
		return strconv.FormatFloat(float64(score), 'g', 6, 32)
	}
	return fmt.Sprintf("%.2f %%", 100*score)
}

func (k *classifier) writeCSV(answers []answer) error {
	w := csv.NewWriter(k.stdout)
	_ = w.Write([]string{"file", "rank", "index", "label", k.score})
	for _, a := range answers {
		for rank, c := range a.Classes {
			_ = w.Write([]string{a.File, strconv.Itoa(rank + 1), strconv.Itoa(c.Index), c.Label, strconv.FormatFloat(float64(c.Score), 'g', -1, 32)})
		}
	}
	w.Flush()
	return w.Error()
}

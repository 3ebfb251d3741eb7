package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/nn"
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
	Precision     nn.Precision  `json:"precision"`
	Resize        string        `json:"resize"`
	Preset        string        `json:"preset"`
	Preprocessing preprocessing `json:"preprocessing"`
	Score         string        `json:"score"`
	Pictures      []answer      `json:"pictures"`
	Failed        []fault       `json:"failed"`
}

// answerWriter writes answers as they come. Nothing is written before the
// first of them, nor held back for long.
type answerWriter interface {
	write([]answer, []fault) error
	close() error // ends what was written; not called after an error
}

// answers returns the writer of the chosen format.
func (k *classifier) answers(model string, e engine.Net) answerWriter {
	switch {
	case k.out.json:
		return &jsonAnswers{w: k.stdout, head: answersJSON{
			Schema: "vkeras.classify/1", Model: model, Device: e.Device().String(), Precision: e.Precision(),
			Resize: string(k.options.Filter), Preset: string(k.options.Preset), Preprocessing: k.preprocessing(),
			Score: k.score, Pictures: []answer{}, Failed: []fault{},
		}}
	case k.out.csv:
		return &csvAnswers{w: csv.NewWriter(k.stdout), heading: k.heading()}
	}
	return &tableAnswers{classifier: k}
}

// jsonAnswers writes answersJSON picture by picture; the faults come last.
type jsonAnswers struct {
	w     io.Writer
	head  answersJSON
	begun bool
}

func (j *jsonAnswers) write(answers []answer, faults []fault) error {
	j.head.Failed = append(j.head.Failed, faults...)
	for _, a := range answers {
		if err := j.one(a); err != nil {
			return err
		}
	}
	return nil
}

// one writes a picture, behind the head or the picture before it.
func (j *jsonAnswers) one(a answer) error {
	const prefix, indent = "    ", "  "
	between := ",\n"
	if !j.begun {
		j.begun = true
		head, _, err := j.around()
		if err != nil {
			return err
		}
		between = string(head) + "\n"
	}
	b, err := json.MarshalIndent(a, prefix, indent)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(j.w, "%s%s%s", between, prefix, b)
	return err
}

// around returns the document before and behind the list of pictures' items.
func (j *jsonAnswers) around() (head, tail []byte, err error) {
	all, err := json.MarshalIndent(j.head, "", "  ")
	if err != nil {
		return nil, nil, err
	}
	empty := []byte("\n  \"pictures\": []") // no string holds a raw line break
	at := bytes.Index(all, empty) + len(empty) - 1
	return all[:at], append(all[at:], '\n'), nil
}

func (j *jsonAnswers) close() error {
	head, tail, err := j.around()
	if err != nil {
		return err
	}
	if j.begun {
		head = []byte("\n  ")
	}
	_, err = j.w.Write(append(head, tail...))
	return err
}

// csvAnswers writes a line a class.
type csvAnswers struct {
	w       *csv.Writer
	heading []string
	begun   bool
}

// heading is the first line of the CSV.
func (k *classifier) heading() []string { return []string{"file", "rank", "index", "label", k.score} }

func (c *csvAnswers) write(answers []answer, _ []fault) error {
	if !c.begun {
		c.begun = true
		_ = c.w.Write(c.heading)
	}
	for _, a := range answers {
		for rank, class := range a.Classes {
			_ = c.w.Write([]string{a.File, strconv.Itoa(rank + 1), strconv.Itoa(class.Index), class.Label, strconv.FormatFloat(float64(class.Score), 'g', -1, 32)})
		}
	}
	c.w.Flush()
	return c.w.Error()
}

func (c *csvAnswers) close() error { return nil }

// pageRows is after how many rows a table is written: its columns are as wide
// as what is in them, so it cannot be written row by row. Later pages have no
// heading, and columns at least as wide.
const pageRows = 1000

// tableAnswers writes a table for people.
type tableAnswers struct {
	*classifier
	rows   [][3]string
	widths [3]int
	begun  bool
}

func (t *tableAnswers) write(answers []answer, _ []fault) error {
	for _, a := range answers {
		file := shown(a.File)
		for _, c := range a.Classes {
			t.rows = append(t.rows, [3]string{file, c.Label, scoreText(t.score, c.Score)})
			file = ""
		}
	}
	if len(t.rows) < pageRows {
		return nil
	}
	return t.page()
}

func (t *tableAnswers) close() error {
	if len(t.rows) == 0 {
		return nil
	}
	return t.page()
}

// page writes the rows that are there.
func (t *tableAnswers) page() error {
	headings := []string{"picture", "class", t.score}
	for i, h := range headings {
		t.widths[i] = max(t.widths[i], text.StringWidthWithoutEscSequences(h))
	}
	w := newTable(headings...)
	if t.begun {
		w.ResetHeaders()
	}
	t.begun = true
	for _, row := range t.rows {
		w.AppendRow(table.Row{row[0], row[1], row[2]})
		for i, s := range row {
			t.widths[i] = max(t.widths[i], text.StringWidthWithoutEscSequences(s))
		}
	}
	w.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, WidthMin: t.widths[0]}, {Number: 2, WidthMin: t.widths[1]},
		{Number: 3, WidthMin: t.widths[2], Align: text.AlignRight, AlignHeader: text.AlignRight},
	})
	t.rows = t.rows[:0]
	_, err := fmt.Fprintln(t.stdout, w.Render())
	return err
}

// scoreText writes a probability in per cent, any other score as it is.
func scoreText(kind string, score float32) string {
	if kind != "probability" || math.IsNaN(float64(score)) {
		return strconv.FormatFloat(float64(score), 'g', 6, 32)
	}
	return fmt.Sprintf("%.2f %%", 100*score)
}

package main

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/vkeras/vkeras/classify"
)

// answerWriter writes answers as they come. Nothing is written before the
// first of them, nor held back for long.
type answerWriter interface {
	Write([]*classify.Answer) error
	Close() error // ends what was written; not called after an error
}

// newAnswerWriter returns the writer of a format to w; head is what JSON begins with.
func newAnswerWriter(w io.Writer, out format, head classify.Document) answerWriter {
	switch {
	case out.json:
		return classify.NewJSON(w, head)
	case out.csv:
		return classify.NewCSV(w, head.Score)
	}
	return &tableAnswers{w: w, score: head.Score}
}

// pageRows is after how many rows a table is written: its columns are as wide
// as what is in them, so it cannot be written row by row. Later pages have no
// heading, and columns at least as wide.
const pageRows = 1000

// tableAnswers writes a table for people.
type tableAnswers struct {
	w      io.Writer
	score  string // heading of the last column
	rows   [][3]string
	widths [3]int
	begun  bool
}

// Write takes the answers that came; a page goes out when it is full.
func (t *tableAnswers) Write(answers []*classify.Answer) error {
	for _, a := range answers {
		file := shown(a.Name())
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

// Close writes what is left.
func (t *tableAnswers) Close() error {
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
	_, err := fmt.Fprintln(t.w, w.Render())
	return err
}

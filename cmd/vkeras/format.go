package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
)

// format is how a command writes its results.
type format struct{ json, csv bool }

func (f *format) register(c *cobra.Command, csv bool) {
	c.Flags().BoolVar(&f.json, "json", false, "write JSON")
	if csv {
		c.Flags().BoolVar(&f.csv, "csv", false, "write CSV")
		c.MarkFlagsMutuallyExclusive("json", "csv")
	}
}

func (t *tool) writeJSON(v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.stdout, "%s\n", b)
	return err
}

// newTable returns a table with these headings.
func newTable(headings ...string) table.Writer {
	w := table.NewWriter()
	style := table.StyleLight
	style.Options.DrawBorder = false
	style.Options.SeparateColumns = false
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header, style.Format.Footer = text.FormatDefault, text.FormatDefault
	w.SetStyle(style)
	w.SuppressTrailingSpaces()
	row := make(table.Row, len(headings))
	for i, h := range headings {
		row[i] = h
	}
	w.AppendHeader(row)
	return w
}

// shown is a text from outside, such as a file's name, as a terminal may get it:
// what it might take for a command is quoted.
func shown(text string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return text
	}
	return strconv.Quote(text)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// scoreText writes a probability in per cent, any other score as it is.
func scoreText(kind string, score float32) string {
	if kind != "probability" || math.IsNaN(float64(score)) {
		return strconv.FormatFloat(float64(score), 'g', 6, 32)
	}
	return fmt.Sprintf("%.2f %%", 100*score)
}

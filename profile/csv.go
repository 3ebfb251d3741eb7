package profile

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// WriteCSV writes the rows, under headings named as in JSON; kernels are
// separated by spaces. A prediction adds a column, a comparison two, but not the
// rows that are gone.
func (r *Report) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	head := []string{string(r.By), "block", "median_ms", "p95_ms", "q1_ms", "q3_ms", "share", "steps", "macs", "bytes", "gflops", "gb_per_second",
		"flop_per_byte", "of_roof", "bound", "m", "n", "k", "kernels"}
	if r.Predicted != nil {
		head = append(head, "predicted_ms")
	}
	if r.Comparison != nil {
		head = append(head, "old_median_ms", "verdict")
	}
	_ = c.Write(head) // Error has what went wrong
	for i, row := range r.Rows {
		var p Product
		if row.Product != nil {
			p = *row.Product
		}
		names := make([]string, len(row.Kernels))
		for i, k := range row.Kernels {
			names[i] = k.Name
		}
		cells := []string{row.Name, row.Block, decimal(row.Median), decimal(row.P95), decimal(row.Q1), decimal(row.Q3), decimal(row.Share),
			strconv.Itoa(row.Steps), count(row.MACs), count(row.Bytes), decimal(row.GFLOPS), decimal(row.GBPerSecond), decimal(row.Intensity),
			decimal(row.OfRoof), string(row.Bound), count(p.M), count(p.N), count(p.K), strings.Join(names, " ")}
		if r.Predicted != nil {
			cells = append(cells, decimal(row.Predicted))
		}
		if r.Comparison != nil {
			x := r.Comparison.Rows[i]
			cells = append(cells, decimal(x.Old), string(x.Verdict))
		}
		_ = c.Write(cells)
	}
	c.Flush()
	return c.Error()
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
func count(n int64) string     { return strconv.FormatInt(n, 10) }

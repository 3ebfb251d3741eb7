package profile

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/vkeras/vkeras/gpu"
)

// textWidth is what every line of text keeps within.
const textWidth = 100

// WriteText writes the report as a table, followed by the account.
func (r *Report) WriteText(w io.Writer) error {
	parts := []string{r.heading(), r.table(), r.sums()}
	if r.Predicted != nil {
		parts = append(parts, r.predicted())
	}
	if r.Comparison != nil {
		parts = append(parts, r.changes())
	}
	_, err := fmt.Fprintln(w, strings.Join(parts, "\n\n"))
	return err
}

// WriteChart writes the rows as bars, followed by the account.
func (r *Report) WriteChart(w io.Writer) error {
	_, err := fmt.Fprintln(w, strings.Join([]string{r.heading(), r.bars(), r.sums()}, "\n\n"))
	return err
}

// heading says what was measured.
func (r *Report) heading() string {
	lines := []string{
		fmt.Sprintf("%s, %s, %s, batch %d; medians of %s", r.Model, r.Program, r.Precision, r.Batch, runs(r.Runs)),
		fmt.Sprintf("%s (%s), %s", r.Device, r.DeviceType, r.Driver),
	}
	if roof := r.Roof; roof != nil {
		lines = append(lines, fmt.Sprintf("roof %s GFLOP/s, copy %s and read %s GB/s, ridge %s FLOP/B, dispatch %s µs (%s)", number(roof.GFLOPS),
			number(roof.CopyGBPerSecond), number(roof.ReadGBPerSecond), number(roof.Ridge()), number(roof.DispatchUS), roof.Measured.Format("2006-01-02")))
		if how := roof.How(); how != "" {
			lines = append(lines, "roof: "+how)
		}
	}
	for i := range lines {
		lines[i] = elide(lines[i], textWidth)
	}
	if r.Clock == gpu.HostClock {
		lines = append(lines, "The device has no timestamps: every block was a submission of its own, timed by the host, and",
			"has the time to hand it over and to notice its end in it.")
	}
	return strings.Join(lines, "\n")
}

func runs(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}

// number writes three figures, and no more than there is room for.
func number(v float64) string {
	switch {
	case v == 0:
		return "-"
	case v < 0.1:
		return fmt.Sprintf("%.4f", v)
	case v < 1:
		return fmt.Sprintf("%.3f", v)
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func percent(share float64) string {
	if share == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*share)
}

// elide shortens text in the middle, where names differ least.
func elide(s string, width int) string {
	r := []rune(s)
	if len(r) <= width {
		return s
	}
	head := (width - 1) / 2
	return string(r[:head]) + "…" + string(r[len(r)-(width-1-head):])
}

// table lays the rows out. What the numbers leave of the width is shared by the
// names and the kernels.
func (r *Report) table() string {
	headings := []string{string(r.By), "ms", "p95 ms", "share", "MMAC", "GFLOP/s", "GB/s", "FLOP/B", "roof", "bound", "kernel"}
	cells := make([][]string, len(r.Rows))
	for i, row := range r.Rows {
		cells[i] = []string{row.Name, number(row.Median), number(row.P95), percent(row.Share), number(float64(row.MACs) / 1e6),
			number(row.GFLOPS), number(row.GBPerSecond), number(row.Intensity), percent(row.OfRoof), dash(string(row.Bound)), kernelCell(row)}
	}
	if r.Predicted != nil {
		headings = slices.Insert(headings, 2, "predicted")
		for i, row := range r.Rows {
			cells[i] = slices.Insert(cells[i], 2, number(row.Predicted))
		}
	}
	last := len(headings) - 1 // the kernels' column
	if r.By == ByKernel {     // whose names the rows have
		headings = headings[:last]
		for i := range cells {
			cells[i] = cells[i][:last]
		}
	}
	widths := make([]int, len(headings))
	room := textWidth - 1 // for the space behind the last column
	for c := range headings {
		for _, line := range append(cells, headings) {
			widths[c] = max(widths[c], len([]rune(line[c])))
		}
		if c > 0 && c < last {
			room -= widths[c] + 1
		}
	}
	name, kernel := widths[0], 0
	if r.By != ByKernel {
		const least = 18 // enough to know a kernel by
		room--
		kernel = min(widths[last], max(least, room-name))
	}
	name = min(name, room-kernel)
	w := compact(headings, 2, last-1)
	for _, line := range cells {
		line[0] = elide(line[0], name)
		if kernel > 0 {
			line[last] = elide(line[last], kernel)
		}
		w.AppendRow(rowOf(line))
	}
	return strings.TrimRight(w.Render(), "\n")
}

func rowOf(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, c := range cells {
		row[i] = c
	}
	return row
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// kernelCell names the first kernel and says how many others there are. Names
// end in the tile.
func kernelCell(row Row) string {
	switch n := len(row.Kernels); n {
	case 0:
		return "-"
	case 1:
		return row.Kernels[0].Name
	default:
		return fmt.Sprintf("%s +%d", row.Kernels[0].Name, n-1)
	}
}

// compact returns a table with a space between columns, of which from..to, from
// 1 on, are numbers.
func compact(headings []string, from, to int) table.Writer {
	w := table.NewWriter()
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	style.Options.SeparateHeader = true
	style.Box.PaddingLeft, style.Box.PaddingRight = "", " "
	style.Format.Header = text.FormatDefault
	w.SetStyle(style)
	w.SuppressTrailingSpaces()
	w.AppendHeader(rowOf(headings))
	var right []table.ColumnConfig
	for n := from; n <= to; n++ {
		right = append(right, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	w.SetColumnConfigs(right)
	return w
}

// sums writes the account of the median run, and what timing costs.
func (r *Report) sums() string {
	a := r.Account
	var b strings.Builder
	fmt.Fprintf(&b, "wall %.3f ms, the median run, is the sum of\n", a.Wall)
	for _, p := range r.parts() {
		share := 0.0
		if a.Wall > 0 {
			share = 100 * p.ms / a.Wall
		}
		fmt.Fprintf(&b, "  %-11s %9.3f ms %6.1f%%  %s\n", p.name, p.ms, share, p.what)
	}
	fmt.Fprintf(&b, "timing: %.3f ms with, %.3f ms without (medians of %s each, in turn); %+.1f%% in pairs", r.Wall.Median, r.Untimed.Median, runs(r.Runs), 100*r.Overhead)
	return b.String()
}

// part is a line of the account.
type part struct {
	name string
	ms   float64
	what string
}

func (r *Report) parts() []part {
	a := r.Account
	if r.Clock == gpu.HostClock {
		return []part{
			{"upload", a.Upload, "the host writes the inputs"},
			{"blocks", a.Steps, "each with its submission"},
			{"readback", a.Readback, "the host reads the outputs"},
			{"unexplained", a.Unexplained, "the host between the phases"},
		}
	}
	return []part{
		{"upload", a.Upload, "inputs to the device"},
		{"submit", a.Submit, "the host hands over and notices the end; the device is idle"},
		{"steps", a.Steps, "the rows of the table"},
		{"gaps", a.Gaps, "the device between steps: barriers"},
		{"readback", a.Readback, "outputs to the host"},
		{"unexplained", a.Unexplained, "the host between the phases"},
	}
}

// bars draws the medians.
func (r *Report) bars() string {
	const numbers = 21 // columns for the time, the share and spaces
	name, longest := 0, 0.0
	for _, row := range r.Rows {
		name = max(name, len([]rune(row.Name)))
		longest = max(longest, row.Median)
	}
	name = min(name, 30)
	room := textWidth - name - numbers
	var b strings.Builder
	for i, row := range r.Rows {
		if i > 0 {
			b.WriteByte('\n')
		}
		length := 0.0
		if longest > 0 {
			length = row.Median / longest * float64(room)
		}
		line := fmt.Sprintf("%-*s %9s ms %6s %s", name, elide(row.Name, name), number(row.Median), percent(row.Share), bar(length))
		b.WriteString(strings.TrimRight(line, " "))
	}
	return b.String()
}

// bar draws a bar to an eighth of a character.
func bar(length float64) string {
	eighths := int(8*length + 0.5)
	s := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		s += string(rune('█' + 8 - rest)) // U+2588 is a full block, U+258F an eighth
	}
	return s
}

// changes writes the comparison.
func (r *Report) changes() string {
	c := r.Comparison
	w := compact([]string{string(r.By), "old ms", "new ms", "change", "verdict"}, 2, 4)
	for _, x := range append([]Change{c.Wall}, c.Rows...) {
		moved := "-"
		if x.Ratio > 0 {
			moved = fmt.Sprintf("%+.1f%%", 100*(x.Ratio-1))
		}
		w.AppendRow(table.Row{elide(x.Name, 50), number(x.Old), number(x.New), moved, x.Verdict})
	}
	lines := []string{"Against the older profile; same: within the noise."}
	for _, d := range c.Differs {
		lines = append(lines, elide("Note, another "+d, textWidth))
	}
	return strings.Join(lines, "\n") + "\n" + strings.TrimRight(w.Render(), "\n")
}

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/vkeras/vkeras/validate"
)

// maxDetailed is how many failing layers of a run the text explains; JSON has all.
const maxDetailed = 3

// validationJSON is what --json writes.
type validationJSON struct {
	Schema  string             `json:"schema"`
	Model   string             `json:"model"`
	Input   string             `json:"input"`
	Passed  bool               `json:"passed"`
	Runs    []*validate.Report `json:"runs"`
	Skipped []string           `json:"skipped,omitempty"` // kernels of --kernel all that no layer runs
	Timings []validate.Timing  `json:"timings,omitempty"` // of --spirv, where the results are right

	Statistics []replacedStatistics `json:"statistics,omitempty"` // with the timings, where the driver tells
}

// validationWriter writes what came of a validation.
type validationWriter struct {
	*tool
	shown    shownFlags
	json     bool
	runs     int  // timed
	replaced bool // code was, by --spirv
}

// write writes the results as text or JSON, and the pictures.
func (v *validationWriter) write(ctx context.Context, out *validationJSON) error {
	if v.shown.heat != "" {
		if err := v.writeHeat(ctx, out.Runs); err != nil {
			return err
		}
	}
	if v.json {
		return v.writeJSON(out)
	}
	several := len(out.Runs) > 1
	if several {
		fmt.Fprintf(v.stdout, "%s\n", runTable(out.Runs))
	}
	for _, r := range out.Runs {
		if several && r.Totals.Passed && v.shown.top == 0 && len(v.shown.layers) == 0 {
			continue // its row says it all
		}
		if several {
			fmt.Fprintln(v.stdout)
		}
		if err := v.writeRun(r); err != nil {
			return err
		}
	}
	if len(out.Skipped) > 0 {
		fmt.Fprintf(v.stdout, "\nno layer runs these kernels: %s\n", wrap(strings.Join(out.Skipped, " "), 0))
	}
	for _, t := range out.Timings {
		if err := v.writeTiming(t); err != nil {
			return err
		}
	}
	for _, s := range out.Statistics {
		if err := s.write(v.stdout); err != nil {
			return err
		}
	}
	if v.replaced && len(out.Timings) == 0 {
		fmt.Fprintln(v.stdout, "Not timed: the results come first.")
	}
	return nil
}

// writeRun writes a run: the table, what is to be said of failing layers, and the
// summary.
func (v *validationWriter) writeRun(r *validate.Report) error {
	layers, err := v.shown.shown(r.Layers)
	if err != nil {
		return err
	}
	var b strings.Builder
	if len(layers) > 0 {
		fmt.Fprintf(&b, "%s\n\n", layerTable(layers))
	}
	detailed := 0
	for _, l := range layers {
		if l.Place == nil {
			continue
		}
		if detailed++; detailed <= maxDetailed {
			v.explainLayer(&b, l)
		}
	}
	if detailed > maxDetailed {
		fmt.Fprintf(&b, "... and %d more that fail alone: --json has them all.\n\n", detailed-maxDetailed)
	}
	fmt.Fprintf(&b, "%s\n", wrap(summary(r), 0))
	_, err = io.WriteString(v.stdout, b.String())
	return err
}

// explainLayer writes what is known of a layer that fails alone.
func (v *validationWriter) explainLayer(b *strings.Builder, l *validate.Layer) {
	c := l.Isolated
	line := func(name, format string, a ...any) {
		const indent = 14
		fmt.Fprintf(b, "  %-*s%s\n", indent-2, name, wrap(fmt.Sprintf(format, a...), indent))
	}
	fmt.Fprintf(b, "%s is wrong: %s by kernel %s\n", l.Name, strings.Join(l.Nodes, " + "), strings.Join(l.Kernels, " + "))
	if w := c.Worst; w != nil && w.ULP >= 0 {
		line("worst", "%v, %s ULP apart", w, humanize.Comma(w.ULP))
	} else if w != nil {
		line("worst", "%v", w)
	}
	line("allowed", "%v: %s", c.Tolerance, c.Basis)
	line("would pass", "%v", c.Smallest)
	line("where", "%s: %s", l.Place.Kind, l.Place.Where)
	line("usual cause", "%s", l.Place.Cause)
	if l.Suspect != "" {
		line("suspect", "%s. The reference gives exactly this result when that mistake is made.", l.Suspect)
	}
	if l.Place.InPlane() {
		v.drawHeat(b, l.Heat())
	}
	b.WriteByte('\n')
}

// drawHeat draws the worst image: in colours on a terminal, else in digits.
func (v *validationWriter) drawHeat(b *strings.Builder, m *validate.HeatMap) {
	if m == nil || m.Tiles() == 0 {
		return
	}
	const columns = 48
	image := m.Worst()
	drawing, legend := m.Digits(image, columns), "in digits: powers of ten beyond the tolerance; . within, ! not finite"
	if v.colours() {
		drawing, legend = m.Text(image, columns), "blue: within the tolerance; green to red: 1 to 10,000 times beyond; magenta: not finite"
	}
	fmt.Fprintf(b, "  image %d, %s:\n", image, legend)
	for l := range strings.Lines(drawing) {
		fmt.Fprintf(b, "    %s", l)
	}
}

// colours reports whether standard output shows them (see no-color.org).
func (v *validationWriter) colours() bool {
	return terminal(v.stdout) != nil && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// wrap breaks a text into lines of a terminal, all but the first indented.
func wrap(s string, indent int) string {
	const width = 108
	var lines []string
	for paragraph := range strings.SplitSeq(s, "\n") {
		for line := range strings.SplitSeq(text.WrapSoft(paragraph, width-indent), "\n") {
			lines = append(lines, strings.TrimRight(line, " "))
		}
	}
	return strings.Join(lines, "\n"+strings.Repeat(" ", indent))
}

// writeHeat writes the heat map of every layer that fails alone.
func (v *validationWriter) writeHeat(ctx context.Context, runs []*validate.Report) error {
	if err := os.MkdirAll(v.shown.heat, 0o755); err != nil {
		return fmt.Errorf("--heat: %w", err)
	}
	written := 0
	for i, r := range runs {
		for _, l := range r.Layers {
			m := l.Heat()
			if m == nil {
				continue
			}
			name := fileName(l.Name)
			if len(runs) > 1 {
				name = fmt.Sprintf("%d-%s", i+1, name)
			}
			if err := v.writeFile(ctx, filepath.Join(v.shown.heat, name+".png"), m.PNG); err != nil {
				return fmt.Errorf("--heat: %w", err)
			}
			written++
		}
	}
	v.say("%d pictures of errors in %s", written, v.shown.heat)
	return nil
}

func (v *validationWriter) writeTiming(t validate.Timing) error {
	w := newTable("", "median ms", "quartiles", "fastest", "slowest")
	for _, row := range []struct {
		name string
		s    validate.Spread
	}{{"built-in", t.BuiltIn}, {"yours", t.Own}, {"yours / built-in", t.Ratio}} {
		w.AppendRow([]any{row.name, fmt.Sprintf("%.3f", row.s.Median), fmt.Sprintf("%.3f to %.3f", row.s.Low, row.s.High), fmt.Sprintf("%.3f", row.s.Min), fmt.Sprintf("%.3f", row.s.Max)})
	}
	what := fmt.Sprintf("its %d steps by the device's clock", t.Steps)
	if t.Clock == "wall" {
		what = "whole runs, for the device has no timestamps"
	}
	_, err := fmt.Fprintf(v.stdout, "\n%s, batch %d: %s, %d runs of each in turn\n%s\n%s.\n", t.Kernel, t.Batch, what, v.runs, w.Render(), t.Verdict())
	return err
}

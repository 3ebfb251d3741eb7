package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/validate"
)

// shownFlags say which layers are shown.
type shownFlags struct {
	layers []string
	top    int
	failed bool
	heat   string
}

func (f *shownFlags) register(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.layers, "layers", nil, "show only the layers `NAME`,...; * stands for any letters")
	c.Flags().IntVar(&f.top, "top", 0, "show only the `N` worst layers, the worst first")
	c.Flags().BoolVar(&f.failed, "failed", false, "show only the layers that fail")
	c.Flags().StringVar(&f.heat, "heat", "", "write a picture (PNG) of where the errors of each failing layer sit to `FOLDER`")
	_ = c.MarkFlagDirname("heat")
}

func (f *shownFlags) check() error {
	if f.top < 0 {
		return usagef("--top %d: expected 1 or more", f.top)
	}
	for _, pattern := range f.layers {
		if _, err := path.Match(pattern, ""); err != nil {
			return usagef("--layers %q: %w", pattern, err)
		}
	}
	return nil
}

// shown returns the layers to show.
func (f *shownFlags) shown(layers []*validate.Layer) ([]*validate.Layer, error) {
	list := slices.DeleteFunc(slices.Clone(layers), func(l *validate.Layer) bool { return f.failed && l.Passed() || !f.named(l) })
	for _, pattern := range f.layers {
		one := shownFlags{layers: []string{pattern}}
		if !slices.ContainsFunc(layers, one.named) {
			return nil, usagef("--layers %s: no layer has such a name", pattern)
		}
	}
	if f.top > 0 {
		slices.SortStableFunc(list, func(a, b *validate.Layer) int { return cmp.Compare(badness(b), badness(a)) })
		list = list[:min(f.top, len(list))]
	}
	return list, nil
}

// named reports whether a pattern means the layer, or one that is computed with it.
func (f *shownFlags) named(l *validate.Layer) bool {
	return len(f.layers) == 0 || slices.ContainsFunc(append([]string{l.Name}, l.Nodes...), func(name string) bool {
		return slices.ContainsFunc(f.layers, func(pattern string) bool {
			ok, _ := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(name, "/", "\x00"))
			return ok
		})
	})
}

// badness is by how much a layer exceeds what it is allowed, in its worse check.
func badness(l *validate.Layer) float64 {
	worst := 0.0
	for _, c := range []*validate.Check{l.Isolated, l.Cumulative} {
		if c != nil && c.MaxAbs > 0 {
			worst = max(worst, float64(c.MaxOverRMS/c.Tolerance.MaxOverRMS), float64(c.NMSE/c.Tolerance.NMSE))
		}
	}
	return worst
}

// verdict is a word for a layer.
func verdict(l *validate.Layer) string {
	switch {
	case l.Isolated != nil && !l.Isolated.Passed:
		return "FAIL"
	case !l.Passed():
		return "drift"
	case l.Unsteady:
		return "unsteady"
	}
	return "ok"
}

// layerTable writes one run's layers.
func layerTable(layers []*validate.Layer) string {
	w := newTable("layer", "kind", "kernel", "shape", "max", "max/rms", "NMSE", "cosine", "drift", "verdict")
	var columns []table.ColumnConfig
	for n := 5; n <= 9; n++ {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	const nameWidth, kernelWidth = 20, 20
	for _, c := range []struct{ number, width int }{{1, nameWidth}, {3, kernelWidth}} {
		columns = append(columns, table.ColumnConfig{Number: c.number, WidthMax: c.width, WidthMaxEnforcer: func(s string, n int) string { return text.Snip(s, n, "~") }})
	}
	w.SetColumnConfigs(columns)
	for _, l := range layers {
		row := table.Row{l.Name, l.Kind, kernelOf(l), extents(l.Shape)}
		if c := l.Isolated; c != nil {
			row = append(row, short(c.MaxAbs, 2), short(c.MaxOverRMS, 2), short(c.NMSE, 1), cosine(c.Cosine))
		} else {
			row = append(row, "-", "-", "-", "-")
		}
		w.AppendRow(append(row, short(l.Cumulative.MaxOverRMS, 2), verdict(l)))
	}
	return w.Render()
}

// kernelOf names the kernel that makes the layer's result; + says that it is not
// the only one that runs.
func kernelOf(l *validate.Layer) string {
	switch n := len(l.Kernels); n {
	case 0:
		return "-"
	case 1:
		return l.Kernels[0]
	default:
		return l.Kernels[n-1] + "+"
	}
}

// runTable writes a row for each of several runs.
func runTable(runs []*validate.Report) string {
	w := newTable("kernel", "precision", "batch", "layers", "wrong", "drifted", "worst layer", "of allowed", "verdict")
	var columns []table.ColumnConfig
	for _, n := range []int{3, 4, 5, 6, 8} {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	w.SetColumnConfigs(columns)
	for _, r := range runs {
		name, worst, is := "-", 0.0, "ok"
		for _, l := range r.Layers {
			if b := badness(l); b > worst {
				name, worst = l.Name, b
			}
		}
		if !r.Totals.Passed {
			is = "FAIL"
		}
		w.AppendRow(table.Row{cmp.Or(r.Kernel, "-"), r.Precision, r.Batch, r.Totals.Layers, r.Totals.FailedIsolated, r.Totals.FailedCumulative,
			name, short(validate.Number(worst), 2), is})
	}
	return w.Render()
}

// extents writes (56, 56, 64) as 56x56x64.
func extents(s nn.Shape) string {
	return strings.ReplaceAll(strings.Trim(s.String(), "(,)"), ", ", "x")
}

var exponent = regexp.MustCompile(`e([+-])0+`)

// short writes a number in so many digits.
func short(v validate.Number, digits int) string {
	switch x := float64(v); {
	case x == 0:
		return "0"
	case x >= 0.01 && x < 100:
		return fmt.Sprintf("%.*g", digits, x)
	default:
		return strings.Replace(exponent.ReplaceAllString(fmt.Sprintf("%.*e", digits-1, x), "e$1"), "e+", "e", 1)
	}
}

// cosine writes a cosine; what four digits cannot tell from 1 is 1.
func cosine(v validate.Number) string {
	const digits = 1e-4
	if math.Abs(float64(v)-1) < digits/2 {
		return "1"
	}
	return fmt.Sprintf("%.4f", float64(v))
}

// summary says what came of one run, in a line or two.
func summary(r *validate.Report) string {
	var b strings.Builder
	t := r.Totals
	fmt.Fprintf(&b, "%s: ", runName(r))
	switch {
	case t.Layers == 0:
		b.WriteString("the model has no layer to validate.")
	case t.Passed:
		fmt.Fprintf(&b, "all %d layers are right, alone and in their place.", t.Layers)
	case t.FailedIsolated == 0:
		fmt.Fprintf(&b, "each of %d layers is right alone, but %d drift too far; the first is %s.", t.Layers, t.FailedCumulative, r.Failed()[0].Name)
	default:
		first := slices.IndexFunc(r.Layers, func(l *validate.Layer) bool { return verdict(l) == "FAIL" })
		fmt.Fprintf(&b, "%d of %d layers wrong: %s, the %s in the order of running, is the first; in their place %d are wrong.",
			t.FailedIsolated, t.Layers, r.Layers[first].Name, ordinal(first+1), t.FailedCumulative)
	}
	b.WriteString(wrongKernels(r))
	if t.Unsteady > 0 {
		fmt.Fprintf(&b, "\n%d of them gave another result the second time: see their barriers, and what they read before it is written.", t.Unsteady)
	}
	if n := len(r.Unknown); n > 0 {
		fmt.Fprintf(&b, "\n%d arrays of %s are no layer's: %s", n, r.Judge, strings.Join(r.Unknown[:min(n, 5)], ", "))
	}
	return b.String()
}

// wrongKernels counts the layers that fail alone by the kernels that ran.
func wrongKernels(r *validate.Report) string {
	wrong, all := map[string]int{}, map[string]int{}
	for _, l := range r.Layers {
		for _, k := range slices.Compact(slices.Clone(l.Kernels)) {
			all[k]++
			if verdict(l) == "FAIL" {
				wrong[k]++
			}
		}
	}
	s := ""
	for _, k := range slices.Sorted(maps.Keys(wrong)) {
		s += fmt.Sprintf("\nKernel %s: %d of its %d layers wrong.", k, wrong[k], all[k])
	}
	return s
}

// runName says how a run differs from others.
func runName(r *validate.Report) string {
	words := []string{"layer by layer"}
	if r.Planned {
		words[0] = "planned"
	}
	if r.Kernel != "" && !slices.Contains(r.Replaced, r.Kernel) {
		words = append(words, "kernel "+r.Kernel)
	}
	words = append(words, string(r.Precision), fmt.Sprintf("batch %d", r.Batch))
	if len(r.Replaced) > 0 {
		words = append(words, "your "+strings.Join(r.Replaced, " and "))
	}
	return strings.Join(words, ", ") + ", against " + r.Judge
}

func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		suffix = map[int]string{1: "st", 2: "nd", 3: "rd"}[n%10]
	}
	return fmt.Sprint(n) + cmp.Or(suffix, "th")
}

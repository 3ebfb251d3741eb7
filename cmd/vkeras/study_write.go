package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/vkeras/vkeras/study"
)

// section is a table and what it shows.
type section struct{ head, body string }

func printSections(w io.Writer, sections []section) error {
	for _, t := range sections {
		if t.body == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s\n\n%s\n\n", t.head, t.body); err != nil {
			return err
		}
	}
	return nil
}

// writeCounted prints what needs no device, while that is at work.
func writeCounted(w io.Writer, r *study.Report) error {
	var sections []section
	if r.Accuracy != nil {
		sections = append(sections, section{"Ways to halve: what they cost, and how much of the picture they read", netTable(r)})
	}
	sections = append(sections, section{"Halving blocks: positions of the block's input by how often and by whom they are read", blockTable(r)})
	if r.Accuracy != nil {
		return printSections(w, append(sections, section{"Accuracy of small nets, trained alike", accuracyTable(r)}))
	}
	return printSections(w, append(sections, places(r.Nets[0])...))
}

// writeMeasured prints the rest.
func writeMeasured(w io.Writer, r *study.Report) error {
	var last []string
	for _, n := range r.Nets {
		if n.Note != "" {
			last = append(last, "note: "+n.Note)
		}
	}
	if r.Device != "" {
		text := "on " + r.Device
		if r.Runs > 0 {
			text += fmt.Sprintf("; times are medians of %d runs, taken in turn", r.Runs)
		}
		last = append(last, text)
	}
	sights := "Receptive fields on the picture, in pixels: theoretical"
	if i := r.Nets[0].Reach; i != nil {
		sights += ", and the side of a square as large as the pixels that make 90 % of the change" + grid(i.Every)
	}
	err := printSections(w, []section{
		{"Time, and pixels that change the output when they are changed", measuredTable(r)},
		{"Halving blocks: positions of the block's input that change an output when they are changed", measuredBlocks(r)},
		{sights, sightTable(r)},
	})
	if err == nil && last != nil {
		_, err = fmt.Fprintln(w, strings.Join(last, "\n\n"))
	}
	return err
}

// grid says which pixels were changed.
func grid(every int) string {
	if every == 1 {
		return ""
	}
	return fmt.Sprintf(" (~: estimated from each %s row and column; --every 1 tries all)", humanize.Ordinal(every))
}

// about marks what is estimated from some pixels.
func about(every int) string {
	if every == 1 {
		return ""
	}
	return "~"
}

// rightTable is a table whose columns from the n-th on are numbers.
func rightTable(n int, headings ...string) table.Writer {
	w := newTable(headings...)
	var right []table.ColumnConfig
	for ; n <= len(headings); n++ {
		right = append(right, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	w.SetColumnConfigs(right)
	return w
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// of writes a part of a whole as a percentage.
func of(part, whole int) string { return percent(float64(part) / float64(whole)) }

// milliseconds writes a time, - where none was taken.
func milliseconds(ms float64) string {
	if ms == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", ms)
}

func netTable(r *study.Report) string {
	w := rightTable(2, "variant", "parameters", "MACs", "after demand", "saved", "pixels read")
	for _, n := range r.Nets {
		w.AppendRow(table.Row{
			called(n), humanize.Comma(n.Parameters), humanize.Comma(n.MACs), humanize.Comma(n.Demanded), percent(1 - float64(n.Demanded)/float64(n.MACs)), percent(n.Pixels.ReadShare),
		})
	}
	return w.Render()
}

// called names a net with its aliases.
func called(n *study.Net) string {
	return strings.Join(append([]string{n.Name}, n.Aliases...), ", ")
}

// influenced writes how many of the changed positions had an effect.
func influenced(i *study.Influence) string {
	if i == nil {
		return "-"
	}
	t := percent(i.Share)
	if i.UnreadChanged > 0 {
		t += fmt.Sprintf(", %d UNREAD", i.UnreadChanged)
	}
	return t
}

// checked writes how often the reference agreed.
func checked(i *study.Influence) string {
	if i == nil || i.Checked == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d", i.Agreed, i.Checked)
}

func measuredTable(r *study.Report) string {
	w := rightTable(2, "net", "ms", "pixels tried that change the output", "tried")
	rows := 0
	for _, n := range r.Nets {
		if n.Milliseconds == 0 && n.Reach == nil {
			continue
		}
		rows++
		w.AppendRow(table.Row{n.Name, milliseconds(n.Milliseconds), influenced(n.Reach), tried(n.Reach)})
	}
	return rendered(w, rows)
}

// tried writes how many positions were changed.
func tried(i *study.Influence) string {
	if i == nil {
		return "-"
	}
	return humanize.Comma(int64(i.Tested))
}

// rendered is a table, empty without rows.
func rendered(w table.Writer, rows int) string {
	if rows == 0 {
		return ""
	}
	return w.Render()
}

func blockTable(r *study.Report) string {
	w := rightTable(4, "net", "block", "input", "parameters", "MACs", "never", "once", "more", "main alone", "shortcut alone", "both", "values read")
	rows := 0
	for _, n := range r.Nets {
		for _, b := range n.Blocks {
			c := b.Coverage
			rows++
			w.AppendRow(table.Row{
				n.Name, b.Name, b.Input.String(), humanize.Comma(b.Parameters), humanize.Comma(b.Demanded),
				of(c.Never, c.Positions), of(c.Once, c.Positions), of(c.More, c.Positions),
				of(c.Main, c.Positions), of(c.Shortcut, c.Positions), of(c.Both, c.Positions), humanize.Comma(int64(c.ValuesRead)),
			})
		}
	}
	return rendered(w, rows)
}

func measuredBlocks(r *study.Report) string {
	w := rightTable(3, "net", "block", "ms", "read", "change block", "change net", "tried", "reference agrees")
	rows := 0
	for _, n := range r.Nets {
		for _, b := range n.Blocks {
			if b.Milliseconds == 0 && b.OnBlock == nil {
				continue
			}
			rows++
			w.AppendRow(table.Row{
				n.Name, b.Name, milliseconds(b.Milliseconds), percent(b.Coverage.ReadShare),
				influenced(b.OnBlock), influenced(b.OnNet), tried(b.OnBlock), checked(b.OnBlock),
			})
		}
	}
	return rendered(w, rows)
}

func sightTable(r *study.Report) string {
	w := rightTable(3, "net", "end of", "shape", "theoretical", "every", "effective")
	rows := 0
	for _, n := range r.Nets {
		for _, s := range n.Sights {
			rows++
			effective := "-"
			if s.Tested > 0 {
				effective = fmt.Sprintf("%s%.0f", about(s.Every), s.Side)
			}
			w.AppendRow(table.Row{n.Name, s.Block, s.Shape.String(), fmt.Sprintf("%d x %d", s.Size[0], s.Size[1]), s.Field.Jump[0], effective})
		}
	}
	return rendered(w, rows)
}

func accuracyTable(r *study.Report) string {
	if r.Accuracy == nil {
		return ""
	}
	w := rightTable(2, "variant", "runs", "accuracy", "+-", "same answer one pixel on", "+-")
	for _, v := range r.Accuracy.Variants {
		w.AppendRow(table.Row{v.Variant, len(v.Accuracy.Runs), percent(v.Accuracy.Mean), percent(v.Accuracy.Deviation), percent(v.Consistency.Mean), percent(v.Consistency.Deviation)})
	}
	return w.Render()
}

// places lists where a net drops positions, and what is computed in vain.
func places(n *study.Net) []section {
	if len(n.Places) == 0 {
		return []section{{"Places where positions are dropped", "None: whatever a layer computes, somebody reads."}}
	}
	w := rightTable(5, "dropped at", "block", "shape", "why", "unread", "share", "read by")
	w.SetColumnConfigs([]table.ColumnConfig{{Number: 5, Align: text.AlignRight, AlignHeader: text.AlignRight}, {Number: 6, Align: text.AlignRight, AlignHeader: text.AlignRight}})
	for _, p := range n.Places {
		w.AppendRow(table.Row{p.Node, p.Block, p.Shape.String(), strings.Join(p.Why, ", "), humanize.Comma(int64(p.Unread)), percent(p.Share), strings.Join(p.Readers, "; ")})
	}
	sections := []section{{"Places where positions are dropped", w.Render()}}
	if len(n.Unneeded) == 0 {
		return sections
	}
	u := rightTable(4, "computed in vain", "block", "shape", "positions needed", "MACs", "MACs needed")
	for _, v := range n.Unneeded {
		u.AppendRow(table.Row{v.Node, v.Block, v.Shape.String(), percent(v.Share), humanize.Comma(v.MACs), humanize.Comma(v.Needed)})
	}
	return append(sections, section{"Layers of which the demand pass computes a part",
		u.Render() + fmt.Sprintf("\n\nMACs: %s as written, %s after the demand pass", humanize.Comma(n.MACs), humanize.Comma(n.Demanded))})
}

package main

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/vkeras/vkeras/study"
)

// write prints a report's tables.
func (s *student) write(r *study.Report) error {
	var parts []string
	if len(r.Nets) > 1 || r.Accuracy != nil {
		parts = append(parts, netTable(r))
	}
	for _, t := range []struct {
		head string
		body string
	}{
		{"Halving blocks: positions of the block's input by who reads them, and how many change an output when they are changed", blockTable(r)},
		{"Receptive fields on the picture, in pixels: theoretical, and the side of a square as large as the pixels that make 90 % of the change", sightTable(r)},
		{"Accuracy of small nets, trained alike", accuracyTable(r)},
	} {
		if t.body != "" {
			parts = append(parts, t.head+"\n\n"+t.body)
		}
	}
	if r.Accuracy == nil {
		parts = append(parts, placesOf(r.Nets[0]))
	}
	for _, n := range r.Nets {
		if n.Note != "" {
			parts = append(parts, "note: "+n.Note)
		}
	}
	if r.Device != "" {
		text := "on " + r.Device
		if r.Runs > 0 {
			text += fmt.Sprintf("; times are medians of %d runs, taken in turn", r.Runs)
		}
		parts = append(parts, text)
	}
	_, err := fmt.Fprintln(s.stdout, strings.Join(parts, "\n\n"))
	return err
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
	w := rightTable(2, "variant", "parameters", "MACs", "after demand", "saved", "ms", "pixels read", "pixels that change the output")
	for _, n := range r.Nets {
		w.AppendRow(table.Row{
			called(n), humanize.Comma(n.Parameters), humanize.Comma(n.MACs), humanize.Comma(n.Demanded), percent(1 - float64(n.Demanded)/float64(n.MACs)),
			milliseconds(n.Milliseconds), percent(n.Pixels.ReadShare), influenced(n.Reach),
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

func blockTable(r *study.Report) string {
	w := rightTable(4, "variant", "block", "input", "parameters", "MACs", "ms", "never", "once", "more", "main alone", "shortcut alone", "both", "values read", "change block", "change net", "reference agrees")
	rows := 0
	for _, n := range r.Nets {
		for _, b := range n.Blocks {
			c := b.Coverage
			rows++
			w.AppendRow(table.Row{
				n.Name, b.Name, b.Input.String(), humanize.Comma(b.Parameters), humanize.Comma(b.Demanded), milliseconds(b.Milliseconds),
				of(c.Never, c.Positions), of(c.Once, c.Positions), of(c.More, c.Positions),
				of(c.Main, c.Positions), of(c.Shortcut, c.Positions), of(c.Both, c.Positions),
				humanize.Comma(int64(c.ValuesRead)), influenced(b.OnBlock), influenced(b.OnNet), checked(b.OnBlock),
			})
		}
	}
	if rows == 0 {
		return ""
	}
	return w.Render()
}

func sightTable(r *study.Report) string {
	w := rightTable(3, "net", "end of", "shape", "theoretical", "every", "effective")
	rows := 0
	for _, n := range r.Nets {
		for _, s := range n.Sights {
			rows++
			effective := "-"
			if s.Tested > 0 {
				effective = fmt.Sprintf("%.0f", s.Side)
			}
			w.AppendRow(table.Row{n.Name, s.Block, s.Shape.String(), fmt.Sprintf("%d x %d", s.Size[0], s.Size[1]), s.Field.Jump[0], effective})
		}
	}
	if rows == 0 {
		return ""
	}
	return w.Render()
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

// placesOf lists where a net drops positions, and what is computed in vain.
func placesOf(n *study.Net) string {
	if len(n.Places) == 0 {
		return "No place drops positions: whatever a layer computes, somebody reads."
	}
	w := rightTable(5, "dropped at", "block", "shape", "why", "unread", "share", "read by")
	w.SetColumnConfigs([]table.ColumnConfig{{Number: 5, Align: text.AlignRight, AlignHeader: text.AlignRight}, {Number: 6, Align: text.AlignRight, AlignHeader: text.AlignRight}})
	for _, p := range n.Places {
		w.AppendRow(table.Row{p.Node, p.Block, p.Shape.String(), strings.Join(p.Why, ", "), humanize.Comma(int64(p.Unread)), percent(p.Share), strings.Join(p.Readers, "; ")})
	}
	out := "Places where positions are dropped\n\n" + w.Render()
	if len(n.Unneeded) == 0 {
		return out
	}
	u := rightTable(4, "computed in vain", "block", "shape", "positions needed", "MACs", "MACs needed")
	for _, v := range n.Unneeded {
		u.AppendRow(table.Row{v.Node, v.Block, v.Shape.String(), percent(v.Share), humanize.Comma(v.MACs), humanize.Comma(v.Needed)})
	}
	return out + "\n\nLayers of which the demand pass computes a part\n\n" + u.Render() +
		fmt.Sprintf("\n\nMACs: %s as written, %s after the demand pass", humanize.Comma(n.MACs), humanize.Comma(n.Demanded))
}

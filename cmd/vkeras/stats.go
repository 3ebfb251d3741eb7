package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/classify"
)

// statsFlags say where the times of a run's stages go.
type statsFlags struct{ file string }

func (f *statsFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.file, "stats", "", "write how long each stage took to `FILE`, as JSON")
	_ = c.MarkFlagFilename("stats", "json")
}

// account tells the user what the stages took, where there was more than one
// batch, and writes it to the --stats file.
func (f *statsFlags) account(ctx context.Context, t *tool, command, model string, s *classify.Stats) error {
	if s.Batches > 1 {
		t.say("%s", statsText(s))
	}
	if f.file == "" {
		return nil
	}
	s.Command, s.Model = command, model
	err := t.writeFile(ctx, f.file, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(s)
	})
	if err != nil {
		return fmt.Errorf("--stats: %w", err)
	}
	return nil
}

// ceilings say which stage was at work for the greatest part.
var ceilings = map[string]string{
	"input": "waiting for the input was the ceiling", "decode": "decoding was the ceiling",
	"device": "the device was the ceiling", "write": "writing was the ceiling",
}

// statsText writes the times for people.
func statsText(s *classify.Stats) string {
	w := newTable("stage", "s in all", "ms a picture", "busy", "")
	row := func(name string, s classify.Stage, note string) {
		busy := ""
		if s.Busy != nil {
			busy = fmt.Sprintf("%.0f %%", 100**s.Busy)
		}
		w.AppendRow(table.Row{name, fmt.Sprintf("%.2f", s.Seconds), fmt.Sprintf("%.2f", s.Picture), busy, note})
	}
	row("input", s.Stages.Input, "")
	row("decode", s.Stages.Decode, fmt.Sprintf("of %d cores", s.Cores))
	row("queue", s.Stages.Queue, "pictures wait")
	row("device", s.Stages.Device, "copies too")
	row("write", s.Stages.Write, "")
	right := func(n int) table.ColumnConfig {
		return table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight}
	}
	w.SetColumnConfigs([]table.ColumnConfig{right(2), right(3), right(4)})
	return fmt.Sprintf("%d pictures in %.1f s: %.1f a second; %s\n%s", s.Answered+s.Failed, s.Seconds, s.PerSecond, ceilings[s.Ceiling], w.Render())
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/nn"
)

// stages is what each stage of a pipeline took. Stages go on side by side, so
// their times don't add up to that of the whole.
type stages struct {
	begin time.Time
	wall  time.Duration
	cores int // that read pictures

	input  time.Duration // waited for pictures to be named, or engines to name them
	decode atomic.Int64  // ns on all cores: open, decode, resize, scale
	queue  atomic.Int64  // ns of all pictures, from read until their batch is computed
	device stopwatch     // it had work: upload, computation, download
	write  time.Duration // answers put into words and written

	answered, failed, batches int
}

// leave notes that a batch's pictures have left the queue for the device.
func (s *stages) leave(b *batch) {
	now := time.Now()
	for _, pic := range b.pictures {
		if pic.err == nil {
			s.queue.Add(int64(now.Sub(pic.since)))
		}
	}
}

// wrote notes that a batch was written.
func (s *stages) wrote(b *batch, took time.Duration) {
	s.write += took
	s.batches++
	s.answered += b.good
	s.failed += len(b.pictures) - b.good
}

// stopwatch measures the time in which at least one of several things goes on.
type stopwatch struct {
	sync.Mutex
	going int
	since time.Time
	total time.Duration
}

func (s *stopwatch) start() {
	s.Lock()
	defer s.Unlock()
	if s.going++; s.going == 1 {
		s.since = time.Now()
	}
}

func (s *stopwatch) stop() {
	s.Lock()
	defer s.Unlock()
	if s.going--; s.going == 0 {
		s.total += time.Since(s.since)
	}
}

// stageJSON is a stage as --stats writes it.
type stageJSON struct {
	Seconds float64 `json:"seconds"`        // in all
	Picture float64 `json:"ms_per_picture"` // a picture
	// Busy is the part of the whole time in which the stage was at work, each core
	// counted for decoding; nil for the queue, where pictures only wait.
	Busy *float64 `json:"busy,omitempty"`
}

// statsJSON is what --stats writes.
type statsJSON struct {
	Schema    string       `json:"schema"`
	Command   string       `json:"command"`
	Model     string       `json:"model"`
	Device    string       `json:"device"`
	Precision nn.Precision `json:"precision"`
	Batch     int          `json:"batch"`
	Cores     int          `json:"cores"`
	Answered  int          `json:"pictures"`
	Failed    int          `json:"failed"`
	Batches   int          `json:"batches"`
	Seconds   float64      `json:"seconds"`
	PerSecond float64      `json:"pictures_per_second"`
	Ceiling   string       `json:"ceiling"`
	Stages    struct {
		Input  stageJSON `json:"input"`
		Decode stageJSON `json:"decode"`
		Queue  stageJSON `json:"queue"`
		Device stageJSON `json:"device"`
		Write  stageJSON `json:"write"`
	} `json:"stages"`
}

// report puts the times together.
func (s *stages) report() statsJSON {
	r := statsJSON{Schema: "vkeras.stats/1", Cores: s.cores, Answered: s.answered, Failed: s.failed, Batches: s.batches, Seconds: s.wall.Seconds()}
	count := max(s.answered+s.failed, 1)
	r.PerSecond = float64(s.answered+s.failed) / max(r.Seconds, 1e-9)
	stage := func(took time.Duration) stageJSON {
		return stageJSON{Seconds: took.Seconds(), Picture: took.Seconds() * 1e3 / float64(count)}
	}
	most := -1.0
	busy := func(name string, took time.Duration, beside int) stageJSON {
		j := stage(took)
		part := j.Seconds / (max(r.Seconds, 1e-9) * float64(beside))
		j.Busy = &part
		if part > most {
			most, r.Ceiling = part, name
		}
		return j
	}
	r.Stages.Decode = busy("decode", time.Duration(s.decode.Load()), s.cores)
	r.Stages.Queue = stage(time.Duration(s.queue.Load()))
	r.Stages.Device = busy("device", s.device.total, 1)
	r.Stages.Write = busy("write", s.write, 1)
	r.Stages.Input = busy("input", s.input, 1)
	return r
}

// ceilings say which stage was at work for the greatest part.
var ceilings = map[string]string{
	"input": "waiting for the input was the ceiling", "decode": "decoding was the ceiling",
	"device": "the device was the ceiling", "write": "writing was the ceiling",
}

// text writes the report for people.
func (r statsJSON) text() string {
	w := newTable("stage", "s in all", "ms a picture", "busy", "")
	row := func(name string, s stageJSON, note string) {
		busy := ""
		if s.Busy != nil {
			busy = fmt.Sprintf("%.0f %%", 100**s.Busy)
		}
		w.AppendRow(table.Row{name, fmt.Sprintf("%.2f", s.Seconds), fmt.Sprintf("%.2f", s.Picture), busy, note})
	}
	row("input", r.Stages.Input, "")
	row("decode", r.Stages.Decode, fmt.Sprintf("of %d cores", r.Cores))
	row("queue", r.Stages.Queue, "pictures wait")
	row("device", r.Stages.Device, "copies too")
	row("write", r.Stages.Write, "")
	right := func(n int) table.ColumnConfig {
		return table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight}
	}
	w.SetColumnConfigs([]table.ColumnConfig{right(2), right(3), right(4)})
	return fmt.Sprintf("%d pictures in %.1f s: %.1f a second; %s\n%s", r.Answered+r.Failed, r.Seconds, r.PerSecond, ceilings[r.Ceiling], w.Render())
}

// account tells the user what the stages took, where there was more than one
// batch, and writes it to the --stats file.
func (k *classifier) account(command, model string, e engine.Net, s *stages) error {
	r := s.report()
	if s.batches > 1 {
		k.say("%s", r.text())
	}
	if k.statsFile == "" {
		return nil
	}
	r.Command, r.Model, r.Device, r.Precision, r.Batch = command, model, e.Device().String(), e.Precision(), k.device.batch
	err := replaceFile(k.statsFile, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	})
	if err != nil {
		return fmt.Errorf("--stats: %w", err)
	}
	return nil
}

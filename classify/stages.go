package classify

import (
	"sync"
	"sync/atomic"
	"time"

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

// wrote notes that a batch was written.
func (s *stages) wrote(answered, failed int, took time.Duration) {
	s.write += took
	s.batches++
	s.answered += answered
	s.failed += failed
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

// Stats is how much a run did, and how long each stage took. Stages go on side by
// side, so their times don't add up to the whole.
type Stats struct {
	Schema    string       `json:"schema"`
	Command   string       `json:"command"` // whose run it was; for the caller to say, as is the model
	Model     string       `json:"model"`
	Device    string       `json:"device"`
	Precision nn.Precision `json:"precision"`
	Batch     int          `json:"batch"` // the most pictures computed at once
	Cores     int          `json:"cores"` // that read pictures
	Answered  int          `json:"pictures"`
	Failed    int          `json:"failed"`
	Batches   int          `json:"batches"`
	Seconds   float64      `json:"seconds"`
	PerSecond float64      `json:"pictures_per_second"`
	Ceiling   string       `json:"ceiling"` // the stage that was at work for the greatest part: input, decode, device or write
	Stages    struct {
		Input  Stage `json:"input"`  // waiting for the source to name pictures
		Decode Stage `json:"decode"` // on all cores: open, decode, resize, scale
		Queue  Stage `json:"queue"`  // of all pictures, from read until their batch is computed
		Device Stage `json:"device"` // it had work: upload, computation, download
		Write  Stage `json:"write"`  // answers handed out
	} `json:"stages"`
}

// StatsSchema names the form of [Stats] as JSON.
const StatsSchema = "vkeras.stats/1"

// Stage is what one stage took.
type Stage struct {
	Seconds float64 `json:"seconds"`        // in all
	Picture float64 `json:"ms_per_picture"` // a picture
	// Busy is the part of the whole time in which the stage was at work, each core
	// counted for decoding; nil for the queue, where pictures only wait.
	Busy *float64 `json:"busy,omitempty"`
}

// report puts the times together.
func (s *stages) report() *Stats {
	r := &Stats{Schema: StatsSchema, Cores: s.cores, Answered: s.answered, Failed: s.failed, Batches: s.batches, Seconds: s.wall.Seconds()}
	count := max(s.answered+s.failed, 1)
	r.PerSecond = float64(s.answered+s.failed) / max(r.Seconds, 1e-9)
	stage := func(took time.Duration) Stage {
		return Stage{Seconds: took.Seconds(), Picture: took.Seconds() * 1e3 / float64(count)}
	}
	most := -1.0
	busy := func(name string, took time.Duration, beside int) Stage {
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

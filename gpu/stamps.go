package gpu

import (
	"github.com/vkeras/vkeras/gpu/internal/vulkan"
	"github.com/vkeras/vkeras/plan"
)

// stamps are a recording's timestamps, two around each thing that is timed.
// The methods of a nil one do nothing.
type stamps struct {
	device *Device
	places *vulkan.Timestamps
	pairs  []stampPair
}

// stampPair is what lies between two timestamps.
type stampPair struct {
	submission int
	what       stampKind
	step       *plan.Step // of stampStep
}

type stampKind int

const (
	stampStep stampKind = iota
	stampCopyIn
	stampCopyOut
)

// newStamps makes room for so many pairs of timestamps.
func newStamps(d *Device, pairs int) (*stamps, error) {
	places, err := d.vulkan.NewTimestamps(2 * pairs)
	if err != nil {
		return nil, err
	}
	return &stamps{device: d, places: places}, nil
}

func (s *stamps) free() {
	if s != nil {
		s.places.Free()
	}
}

// reset begins a run.
func (s *stamps) reset(to vulkan.Recorder) {
	if s != nil {
		to.Reset(s.places)
	}
}

// begin takes the time once all commands before it have ended.
func (s *stamps) begin(to vulkan.Recorder) { s.stamp(to, 0) }

// end closes what begin opened.
func (s *stamps) end(to vulkan.Recorder, p stampPair) {
	if s != nil {
		s.stamp(to, 1)
		s.pairs = append(s.pairs, p)
	}
}

func (s *stamps) stamp(to vulkan.Recorder, second int) {
	if s != nil {
		to.Stamp(s.places, 2*len(s.pairs)+second)
	}
}

// read adds the last run's timestamps to its submissions.
func (s *stamps) read(submissions []Submission) error {
	ticks, err := s.places.Read(2 * len(s.pairs))
	if err != nil {
		return err
	}
	since := s.device.info.physical.Ticker()
	var zero uint64 // the submission's first
	for i, p := range s.pairs {
		if i == 0 || p.submission != s.pairs[i-1].submission {
			zero = ticks[2*i]
		}
		to := &submissions[p.submission]
		span := Span{since(zero, ticks[2*i]), since(ticks[2*i], ticks[2*i+1])}
		to.Busy = span.At + span.Took
		switch p.what {
		case stampCopyIn:
			to.CopyIn = span
		case stampCopyOut:
			to.CopyOut = span
		default:
			to.Work = append(to.Work, Work{span, []*plan.Step{p.step}})
		}
	}
	return nil
}

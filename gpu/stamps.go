package gpu

import (
	"time"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/plan"
)

// stamps are a recording's timestamps, two around each thing that is timed.
// The methods of a nil one do nothing.
type stamps struct {
	pool  vk.QueryPool
	room  uint32 // queries
	pairs []stampPair
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
func (d *Device) newStamps(pairs int) (*stamps, error) {
	s := &stamps{room: 2 * uint32(pairs)}
	info := &vk.QueryPoolCreateInfo{SType: vk.StructureTypeQueryPoolCreateInfo, QueryType: vk.QueryTypeTimestamp, QueryCount: s.room}
	defer info.Free()
	var result vk.Result
	s.pool, result = create(func(h *vk.QueryPool) vk.Result { return vk.CreateQueryPool(d.handle, info, nil, h) })
	if err := failed("make a query pool", result); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *stamps) free(d *Device) {
	if s != nil {
		vk.DestroyQueryPool(d.handle, s.pool, nil)
	}
}

// reset begins a run.
func (s *stamps) reset(buffer unsafe.Pointer) {
	if s != nil {
		vk.CmdResetQueryPool(vk.CommandBuffer(buffer), s.pool, 0, s.room)
	}
}

// begin takes the time once all commands before it have ended.
func (s *stamps) begin(buffer unsafe.Pointer) { s.stamp(buffer, 0) }

// end closes what begin opened.
func (s *stamps) end(buffer unsafe.Pointer, p stampPair) {
	if s != nil {
		s.stamp(buffer, 1)
		s.pairs = append(s.pairs, p)
	}
}

func (s *stamps) stamp(buffer unsafe.Pointer, second uint32) {
	if s != nil {
		at := 2*uint32(len(s.pairs)) + second
		vk.CmdWriteTimestamp(vk.CommandBuffer(buffer), vk.PipelineStageBottomOfPipeBit, s.pool, at)
	}
}

// read adds the last run's timestamps to its submissions.
func (s *stamps) read(d *Device, submissions []Submission) error {
	ticks := make([]uint64, 2*len(s.pairs))
	const bytes = 8
	r := vk.GetQueryPoolResults(d.handle, s.pool, 0, uint32(len(ticks)), uint(bytes*len(ticks)), unsafe.Pointer(&ticks[0]), bytes,
		vk.QueryResultFlags(vk.QueryResult64Bit|vk.QueryResultWaitBit))
	if err := failed("read timestamps", r); err != nil {
		return err
	}
	since := d.ticker()
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

// ticker returns what tells the time between two timestamps. Those have as many
// bits as the queue family says, and wrap around.
func (d *Device) ticker() func(from, to uint64) time.Duration {
	mask := ^uint64(0)
	if bits := d.info.raw.QueueFamilies[d.info.family].TimestampBits; bits < 64 {
		mask = 1<<bits - 1
	}
	period := d.info.raw.TimestampNanoseconds
	return func(from, to uint64) time.Duration { return time.Duration(float64((to-from)&mask) * period) }
}

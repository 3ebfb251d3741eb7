//go:build cgo

package vulkan

import (
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// Timestamps are places where the device writes the time. Their owner calls Free.
type Timestamps struct {
	device *Device
	pool   vk.QueryPool
	room   uint32
}

// NewTimestamps makes room for that many.
func (d *Device) NewTimestamps(room int) (*Timestamps, error) {
	t := &Timestamps{device: d, room: uint32(room)}
	info := &vk.QueryPoolCreateInfo{SType: vk.StructureTypeQueryPoolCreateInfo, QueryType: vk.QueryTypeTimestamp, QueryCount: t.room}
	defer info.Free()
	var r vk.Result
	t.pool, r = create(func(h *vk.QueryPool) vk.Result { return vk.CreateQueryPool(d.handle, info, nil, h) })
	if err := failed("make a query pool", r); err != nil {
		return nil, err
	}
	return t, nil
}

// Free frees them.
func (t *Timestamps) Free() {
	if t != nil {
		vk.DestroyQueryPool(t.device.handle, t.pool, nil)
	}
}

// Reset makes all of them writable again.
func (r Recorder) Reset(t *Timestamps) { vk.CmdResetQueryPool(r.buffer, t.pool, 0, t.room) }

// Stamp writes the time to a place once all commands before it have ended.
func (r Recorder) Stamp(t *Timestamps, place int) {
	vk.CmdWriteTimestamp(r.buffer, vk.PipelineStageBottomOfPipeBit, t.pool, uint32(place))
}

// Read waits for the first n and returns them, in ticks.
func (t *Timestamps) Read(n int) ([]uint64, error) {
	ticks := make([]uint64, n)
	const bytes = 8
	r := vk.GetQueryPoolResults(t.device.handle, t.pool, 0, uint32(n), uint(bytes*n), unsafe.Pointer(&ticks[0]), bytes,
		vk.QueryResultFlags(vk.QueryResult64Bit|vk.QueryResultWaitBit))
	return ticks, failed("read timestamps", r)
}

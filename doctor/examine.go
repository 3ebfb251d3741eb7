package doctor

import (
	"context"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// Examine looks at this machine, and tries every kernel on every device. That no
// device can be used is in the report, not an error; the only error is ctx's own.
func Examine(ctx context.Context) (*Report, error) { return thisSystem().examine(ctx, false) }

// ExamineQuickly is Examine with one case for each kernel: on a driver that is a CPU,
// above all under an emulator, all of them take minutes.
func ExamineQuickly(ctx context.Context) (*Report, error) { return thisSystem().examine(ctx, true) }

func (s system) examine(ctx context.Context, quick bool) (*Report, error) {
	r := &Report{Schema: Schema, Drivers: []Driver{}, Devices: []Device{}, Causes: []Cause{}}
	decoder, err := pictures.AutoDecoder.JPEG()
	r.JPEG = JPEG{decoder, message(err)}
	for _, d := range s.drivers {
		r.Drivers = append(r.Drivers, Driver{d.File, d.Library, message(d.Err)})
	}
	var best gpu.Info
	all, err := gpu.Devices()
	if err == nil {
		best, err = gpu.Default().Pick(all)
	}
	r.Healthy = err == nil
	if err != nil {
		r.Err, r.Error, r.Causes = err, message(err), s.causes()
		best.Index = -1
	}
	for _, d := range all {
		h := Device{Description: Describe(d, d.Index == best.Index), Means: consequences(d)}
		if d.CompilesOnly { // what runs on it crashes in the driver
			r.Devices = append(r.Devices, h)
			continue
		}
		kernels, err := tryKernels(ctx, d, quick)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		h.Kernels, h.Error = kernels, message(err)
		for _, k := range kernels {
			r.Healthy = r.Healthy && k.Passed
		}
		r.Healthy = r.Healthy && err == nil
		r.Devices = append(r.Devices, h)
	}
	if err == nil && !best.Type.GPU() {
		r.Causes = s.causes()
	}
	return r, nil
}

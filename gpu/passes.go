package gpu

import "github.com/vkeras/vkeras/plan"

// Passes returns the planner's passes that pay on the device.
//
// On drivers that are CPUs merging does not: the second reading of the input
// comes from the cache, and a dispatch costs 5 us. On llvmpipe the processor's
// time without it is 0.99 to 1.01 of that with it, for the exercise's net and for
// ResNet50 at 224 x 224, in batches of 1 and of 8. A GPU is spared a barrier
// behind which it would idle.
func (d *Device) Passes() plan.Options {
	o := plan.All()
	o.Merge = d.info.Type != CPU
	return o
}

// passes returns those that the net's program is made by.
func (o Options) passes(d *Device) plan.Options {
	switch {
	case o.LayerByLayer:
		return plan.Options{}
	case o.Passes != nil:
		return *o.Passes
	}
	return d.Passes()
}

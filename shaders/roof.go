package shaders

// The kernels that measure what a device can do at most. They compute no
// operation; all three have the same bindings and push constants.

// RoofPush is for roof_fma, roof_copy and roof_read.
type RoofPush struct{ Count, Rounds uint32 }

// RoofTurn is how often an invocation of roof_fma multiplies and adds in a
// round.
const RoofTurn = 12 * 32

// Roof lists the kernels that measure a device's roof.
func Roof() []Kernel {
	var list []Kernel
	for _, name := range []string{"roof_copy", "roof_fma", "roof_read"} {
		list = append(list, Kernel{Name: name, Source: name + ".comp", Bindings: Bindings{Texels: 1, Buffers: 1}, Push: RoofPush{}})
	}
	return list
}

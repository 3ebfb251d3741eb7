// What every plain kernel shares: its tensors, and which element an invocation
// owns; count is the number of them.
#include "bindings.glsl"
layout(local_size_x = 64) in;

// index is the invocation's place in a grid of two dimensions: one is limited
// to 65,535 groups on some devices.
uint index() {
    return gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
}

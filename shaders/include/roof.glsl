// What the kernels that measure a device's roof share: a texel buffer to read,
// since that is the fastest way on llvmpipe and as fast as another on GPUs, and
// a storage buffer to write. count: invocations that have work.
layout(local_size_x = 64) in;
layout(binding = 0, rgba32f) uniform readonly imageBuffer x;
layout(std430, binding = 1) writeonly buffer Y { vec4 y[]; };

// index is the invocation's place in a grid of two dimensions.
uint index() {
    return gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x;
}

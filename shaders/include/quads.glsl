// Tensors in fours of channels, x, r and y, and weights w, float32 always. They
// are storage buffers or, with TEXELS, texel buffers, which drivers that are CPUs
// read eight fours at a time, where they read a storage buffer number by number.
//
// Where channels do not come in fours, with ODD, places are counted in elements,
// not fours: x and r are read from any of them on, y is written one by one, and
// w is filled up with zeros.
#extension GL_EXT_control_flow_attributes : require
#ifdef HALF_TENSORS
#extension GL_EXT_shader_16bit_storage : require
#define ELEMENT float16_t
#else
#define ELEMENT float
#endif
#include "texels.glsl"

#ifdef TEXELS
layout(binding = 0, TENSOR) uniform readonly imageBuffer x;
layout(binding = 1, rgba32f) uniform readonly imageBuffer w;
layout(binding = 2, TENSOR) uniform readonly imageBuffer r;
#define W4(i) imageLoad(w, int(i))
#else
layout(std430, binding = 1) readonly buffer W { vec4 w[]; };
#define W4(i) w[i]
#endif

#ifdef ODD
layout(std430, binding = 3) writeonly buffer Y { ELEMENT y[]; };

// The first n of four numbers.
void put4(uint at, vec4 v, uint n) { for (uint e = 0; e < 4; e++) if (e < n) y[at + e] = ELEMENT(v[e]); }
#else
layout(std430, binding = 3) writeonly buffer Y { VEC4 y[]; };
void put4(uint at, vec4 v, uint n) { y[at] = STORED(v); }
#endif

// X4 and R4 read four numbers, of which n are needed: n is 4 where channels come
// in fours.
#if defined(TEXELS) && defined(ODD)
#define READ(name, buffer) \
vec4 name(uint at, uint n) { \
    const int i = int(at >> 2); \
    const uint shift = at & 3; \
    const vec4 a = imageLoad(buffer, i), b = imageLoad(buffer, min(i + 1, imageSize(buffer) - 1)); \
    vec4 v = mix(a, vec4(a.yzw, b.x), bvec4(shift == 1)); \
    v = mix(v, vec4(a.zw, b.xy), bvec4(shift == 2)); \
    return mix(v, vec4(a.w, b.xyz), bvec4(shift == 3)); \
}
#elif defined(TEXELS)
#define READ(name, buffer) vec4 name(uint at, uint n) { return imageLoad(buffer, int(at)); }
#elif defined(ODD)
layout(std430, binding = 0) readonly buffer X { ELEMENT x[]; };
layout(std430, binding = 2) readonly buffer R { ELEMENT r[]; };
#define READ(name, buffer) \
vec4 name(uint at, uint n) { \
    return vec4(float(buffer[at]), float(buffer[at + min(1, n - 1)]), float(buffer[at + min(2, n - 1)]), float(buffer[at + min(3, n - 1)])); \
}
#else
layout(std430, binding = 0) readonly buffer X { VEC4 x[]; };
layout(std430, binding = 2) readonly buffer R { VEC4 r[]; };
#define READ(name, buffer) vec4 name(uint at, uint n) { return LOADED(buffer[at]); }
#endif
READ(x4, x)
READ(r4, r)

// The invocation's line: kernels over feature maps own a line a row of groups.
uint line_index() { return gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y; }

// The invocation's place in a grid of two dimensions.
uint index() { return gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x) + gl_GlobalInvocationID.x; }

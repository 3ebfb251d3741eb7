// Tensors as texel buffers: fours of float32 or, with HALF_TENSORS, float16.
#ifdef HALF_TENSORS
#define TENSOR rgba16f
#define VEC4 uvec2
#define STORED(v) uvec2(packHalf2x16(v.xy), packHalf2x16(v.zw))
#define LOADED(v) vec4(unpackHalf2x16(v.x), unpackHalf2x16(v.y))
#else
#define TENSOR rgba32f
#define VEC4 vec4
#define STORED(v) v
#define LOADED(v) v
#endif

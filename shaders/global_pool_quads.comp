#version 450
#extension GL_GOOGLE_include_directive : require
// The largest value (MAX) or the mean of each channel over all positions of an
// image, in fours of channels: see global_max_pool.comp and global_avg_pool.comp.
//
// x: (images, positions, channels). On GPUs each work group owns FOURS fours of
// channels of an image, whose positions SLICES invocations share; on CPUs an
// invocation owns a four. y and z of the grid are the image.
#include "include/quads.glsl"
#ifdef TEXELS
#define FOURS 8
#define SLICES 1
#else
#define FOURS 8
#define SLICES 16
#endif
layout(local_size_x = FOURS * SLICES) in;

// count: images. The places and channels are in fours or, with ODD, in elements.
layout(push_constant) uniform Push { uint count, x_at, y_at, r_at, positions, channels; } push;

#if SLICES > 1
shared vec4 results[SLICES][FOURS];
#endif

#ifdef MAX
vec4 joined(vec4 a, vec4 b) {
    const uvec4 larger = uvec4(not(lessThanEqual(b, a))) & uvec4(not(isnan(a))); // NaN wins
    return mix(a, b, bvec4(larger));
}
#else
vec4 joined(vec4 a, vec4 b) { return a + b; }
#endif

void main() {
    const uint image = line_index(), slice = gl_LocalInvocationID.x / FOURS, four = gl_WorkGroupID.x * FOURS + gl_LocalInvocationID.x % FOURS;
    const uint positions = push.positions, channels = push.channels;
    if (image >= push.count) return; // a whole work group
#ifdef ODD
    const uint c = min(four * 4, channels - 1), valid = min(channels - c, 4);
    const bool owns = four * 4 < channels;
#else
    const uint c = min(four, channels - 1), valid = 4;
    const bool owns = four < channels;
#endif
    const uint from = push.x_at + image * positions * channels + c;
    vec4 result = x4(from + min(slice, positions - 1) * channels, valid);
#ifndef MAX
    if (slice >= positions) result = vec4(0);
#endif
    for (uint i = slice + SLICES; i < positions; i += SLICES) result = joined(result, x4(from + i * channels, valid));
#if SLICES > 1
    results[slice][four % FOURS] = result;
    for (uint half_ = SLICES / 2; half_ > 0; half_ /= 2) {
        barrier();
        if (slice < half_) results[slice][four % FOURS] = joined(results[slice][four % FOURS], results[slice + half_][four % FOURS]);
    }
    result = results[slice][four % FOURS];
#endif
#ifndef MAX
    result /= float(positions);
#endif
    if (slice == 0 && owns) put4(push.y_at + image * channels + c, result, valid);
}

#version 450
// A feature map as a grid of small pictures, one a channel, row by row, each in the colours of its own range
// (package view draws the same on the CPU). x: (height, width, channels). range: a pair a channel.
// y: the canvas, four bytes a pixel. needed: a number a position; where masked, those of 0 are dimmed.
// Each invocation owns a pixel of the area; those between the pictures are left alone.
layout(local_size_x = 8, local_size_y = 8) in;
layout(std430, binding = 0) readonly buffer X { float x[]; };
layout(std430, binding = 1) readonly buffer R { vec2 range[]; };
layout(std430, binding = 2) buffer Y { uint y[]; };
layout(std430, binding = 3) readonly buffer N { uint needed[]; };
layout(push_constant) uniform Push {
    uint x_at, height, width, channels, columns, pitch, left, top, across, down, blue_first, masked;
    float from_x, from_y, scale, margin;
};

// Inferno of matplotlib, sampled at ninths, as in package view.
const vec3 inferno[10] = vec3[](vec3(0, 0, 4), vec3(27, 12, 66), vec3(75, 12, 107), vec3(120, 28, 109), vec3(165, 44, 96),
    vec3(207, 68, 70), vec3(237, 105, 37), vec3(251, 155, 6), vec3(247, 209, 61), vec3(252, 255, 164));

vec3 colour(float v, vec2 r) {
    if ((floatBitsToUint(v) & 0x7f800000u) == 0x7f800000u) return vec3(255, 0, 255);
    float at = 9.0 * (r.y > r.x ? clamp((v - r.x) / (r.y - r.x), 0.0, 1.0) : v == 0.0 ? 0.0 : 0.5);
    uint i = min(uint(at), 8u);
    return mix(inferno[i], inferno[i + 1], at - float(i));
}

void main() {
    uvec2 p = gl_GlobalInvocationID.xy;
    if (p.x >= across || p.y >= down) return;
    vec2 sheet = vec2(p) + vec2(from_x, from_y);
    vec2 cell = vec2(float(width), float(height)) * scale + margin;
    if (sheet.x < 0.0 || sheet.y < 0.0) return;
    uvec2 at = uvec2(sheet / cell);
    uvec2 position = uvec2((sheet - vec2(at) * cell) / scale);
    uint c = at.y * columns + at.x;
    if (at.x >= columns || c >= channels || position.x >= width || position.y >= height) return;
    uint m = position.y * width + position.x;
    vec3 shade = colour(x[x_at + m * channels + c], range[c]);
    if (masked == 1 && needed[m] == 0) shade = 0.25 * shade + vec3(30, 60, 90);
    uvec3 b = uvec3(round(shade));
    if (blue_first == 1) b = b.zyx;
    y[(top + p.y) * pitch + left + p.x] = b.x | b.y << 8 | b.z << 16 | 0xff000000u;
}

#version 450
// The least and the largest finite value of each channel: range[c] = (min, max) over m of x[m, c]
// x: (positions, channels). A work group owns a channel; where no value is finite, min > max.
layout(local_size_x = 64) in;
layout(std430, binding = 0) readonly buffer X { float x[]; };
layout(std430, binding = 1) writeonly buffer R { vec2 range[]; };
layout(push_constant) uniform Push { uint x_at, positions, channels; };

const float far = 3.4e38;
shared float least[64], most[64];

void main() {
    uint lane = gl_LocalInvocationID.x, c = gl_WorkGroupID.x;
    float low = far, high = -far;
    for (uint m = lane; m < positions; m += 64) {
        float v = x[x_at + m * channels + c];
        if ((floatBitsToUint(v) & 0x7f800000u) == 0x7f800000u) continue; // compilers may take isnan for false
        low = min(low, v);
        high = max(high, v);
    }
    least[lane] = low;
    most[lane] = high;
    barrier();
    for (uint half_way = 32; half_way > 0; half_way /= 2) {
        if (lane < half_way) {
            least[lane] = min(least[lane], least[lane + half_way]);
            most[lane] = max(most[lane], most[lane + half_way]);
        }
        barrier();
    }
    if (lane == 0) range[c] = vec2(least[0], most[0]);
}

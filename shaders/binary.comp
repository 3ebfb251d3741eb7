#version 450
#extension GL_GOOGLE_include_directive : require
// A function of two tensors, element by element, with broadcasting: see
// nn.Binary for what each one computes.
// x, r: the inputs. Each invocation owns one output element.
#include "include/tensors.glsl"
#include "include/axes.glsl"
#include "include/binary.glsl"
#include "include/epilogue.glsl"
layout(push_constant) uniform Push { HEAD; EXTENTS; XSTRIDES; RSTRIDES; uint func; float lowest, highest, parameter; };

X_PLACE
R_PLACE

void main() {
    uint at = index();
    if (at >= count) return;
    PUT(y_at + at, finish(binary(func, X(x_place(at)), R(r_place(at))), 0.0, lowest, highest, parameter));
}

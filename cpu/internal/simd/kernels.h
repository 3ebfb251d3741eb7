// The arguments of the kernels: package simd has the same structs in Go
// (product.go, window.go, ...), where their fields are explained; layout.go compares
// them.
#ifndef VKERAS_SIMD_KERNELS_H
#define VKERAS_SIMD_KERNELS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	const float *x, *other, *center, *scale;
	float *y;
	int64_t rows, columns, x_step, other_step, y_step;
	float lowest, highest, slope, threshold, limit, alpha;
	int32_t kind, function;
} vk_map;

typedef struct {
	const float *x;
	const void *weights;
	const float *shift, *residual;
	float *y;
	const float *zeros;
	void *scratch;
	int64_t height, width, depth, x_step;
	int64_t out_height, out_width, filters, y_step;
	int64_t size[2], stride[2], dilation[2], before[2];
	int64_t from_row, to_row, from_strip, to_strip;
	float lowest, highest;
	int32_t half, alone;
	vk_map behind;
} vk_product;

typedef struct {
	const float *x, *weights, *shift, *residual;
	float *y;
	int64_t height, width, channels, out_height, out_width;
	int64_t size[2], stride[2], dilation[2], before[2];
	int64_t from_row, to_row;
	float lowest, highest;
	int32_t kind, unused;
	vk_map behind;
} vk_window;

typedef struct {
	const float *x;
	float *y;
	int64_t positions, channels, from_channel, to_channel;
	int32_t kind, unused;
} vk_reduce;

typedef struct {
	const float *x;
	float *y;
	int64_t rows, columns;
} vk_softmax;

// The kinds of vk_window.
enum { VK_DEPTHWISE, VK_MAX, VK_MEAN };

// The kinds of vk_map.
enum { VK_COPY, VK_ADD, VK_MULTIPLY, VK_AFFINE };

// The functions of vk_map.
enum { VK_LINEAR, VK_RELU, VK_SIGMOID, VK_TANH, VK_ELU, VK_SWISH, VK_GELU, VK_GELU_TANH, VK_HARD_SIGMOID, VK_HARD_SWISH, VK_EXPONENTIAL };

// One set of kernels, made for one kind of processor.
typedef struct {
	int64_t width;      // floats of a vector
	int64_t strip;      // vectors of the widest strip of packed weights
	int64_t rows;       // of the largest block
	int64_t scratch;    // bytes that product needs
	void (*product)(const vk_product *);
	void (*window)(const vk_window *);
	void (*reduce)(const vk_reduce *);
	void (*map)(const vk_map *);
	void (*softmax)(const vk_softmax *);
	void (*to_half)(const float *, uint16_t *, int64_t);
} vk_kernels;

#endif

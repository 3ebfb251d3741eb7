// All kernels, made from the vectors that the including file has defined.
#include "functions.h"
#include "half.h"
#include "map.h"
#include "product.h"
#include "window.h"
#include "reduce.h"
#include "softmax.h"

#define KERNELS {V, MOST_VECTORS, MOST_ROWS, SCRATCH, product, window, reduce, map, softmax, to_half}

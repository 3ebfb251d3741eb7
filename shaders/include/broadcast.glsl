// Element-wise operations on two tensors of up to three axes an image. The
// output's extents are rows x columns x channels; an input's stride is 0 on
// the axes on which it is repeated.
#define BROADCAST \
    uint rows, columns, channels; \
    uint x_image, x_row, x_column, x_channel; \
    uint r_image, r_row, r_column, r_channel

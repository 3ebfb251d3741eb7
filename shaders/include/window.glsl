// The geometry of a window that slides over an NHWC feature map: see nn.Window.
#define WINDOW \
    uint height, width, channels;   /* of the input */ \
    uint out_height, out_width;     \
    uint size_y, size_x;            /* taps */ \
    uint stride_y, stride_x;        \
    uint dilation_y, dilation_x;    \
    uint pad_top, pad_left

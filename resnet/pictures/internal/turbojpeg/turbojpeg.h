// TurboJPEG, by way of a library that is loaded at run time.
#ifndef VKERAS_TURBOJPEG_H
#define VKERAS_TURBOJPEG_H
#include <stddef.h>

typedef struct vkt_library vkt_library;

// vkt_load opens the library by one of its names and finds its functions; NULL
// where there is none. why gets what the system says, path where it lies.
vkt_library *vkt_load(const char *const *names, char *why, int why_bytes, char *path, int path_bytes);

// vkt_is3 reports whether the library has the functions of TurboJPEG 3.
int vkt_is3(const vkt_library *l);

// vkt_decode decodes a file into rows of width pixels, each of the format's bytes
// (TJPF_RGB 0, TJPF_GRAY 6, TJPF_CMYK 11), without padding. The file's picture may
// be larger: it is then scaled down in the transform. Returns 0; 1 where the
// library warned, with what it said in text; -1 where it failed.
int vkt_decode(const vkt_library *l, const unsigned char *data, size_t bytes, unsigned char *dst, int width, int height, int format, int scans, char *text, int text_bytes);
#endif

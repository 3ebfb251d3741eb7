// The end of a file's functions for other processors.
#if defined(__clang__) && defined(__x86_64__)
#pragma clang attribute pop
#endif

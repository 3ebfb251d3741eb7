// TARGET makes the compiler generate a file's functions for more than the least
// x86-64 processor, so that no flags are needed: they run only where processor.go
// has found what they are for.
#if defined(__clang__)
#define PRAGMA(x) _Pragma(#x)
#define TARGET(features) PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define PRAGMA(x) _Pragma(#x)
#define TARGET(features) PRAGMA(GCC target(features))
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define INLINE static inline __attribute__((always_inline))

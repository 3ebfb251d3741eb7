#ifndef _GNU_SOURCE
#define _GNU_SOURCE // dladdr
#endif
#include "turbojpeg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
static void *open_library(const char *name) { return (void *)LoadLibraryA(name); }
static void *find(void *library, const char *name) { return (void *)GetProcAddress((HMODULE)library, name); }
static void reason(char *why, int bytes) { snprintf(why, bytes, "error %lu", (unsigned long)GetLastError()); }
static void place(void *library, void *function, const char *name, char *path, int bytes) {
	(void)function;
	if (GetModuleFileNameA((HMODULE)library, path, bytes) == 0) snprintf(path, bytes, "%s", name);
}
#else
#include <dlfcn.h>
static void *open_library(const char *name) { return dlopen(name, RTLD_NOW | RTLD_LOCAL); }
static void *find(void *library, const char *name) { return dlsym(library, name); }
static void reason(char *why, int bytes) {
	const char *said = dlerror();
	snprintf(why, bytes, "%s", said == NULL ? "no reason is given" : said);
}
static void place(void *library, void *function, const char *name, char *path, int bytes) {
	Dl_info info;
	(void)library;
	snprintf(path, bytes, "%s", dladdr(function, &info) != 0 && info.dli_fname != NULL ? info.dli_fname : name);
}
#endif

// TurboJPEG's numbers (turbojpeg.h of 2.1 and of 3.0).
enum {
	TJFLAG_ACCURATEDCT = 4096, TJFLAG_LIMITSCANS = 32768,
	TJERR_WARNING = 0,
	TJINIT_DECOMPRESS = 1,
	TJPARAM_FASTDCT = 10, TJPARAM_FASTUPSAMPLE = 9, TJPARAM_SCANLIMIT = 13, TJPARAM_JPEGWIDTH = 5, TJPARAM_JPEGHEIGHT = 6,
};

typedef struct { int num, denom; } scaling;

struct vkt_library {
	void *(*init)(void);
	int (*decompress)(void *, const unsigned char *, unsigned long, unsigned char *, int, int, int, int, int);
	int (*destroy)(void *);
	char *(*error)(void *);
	int (*code)(void *);
	// TurboJPEG 3 alone:
	void *(*init3)(int);
	int (*header3)(void *, const unsigned char *, size_t);
	int (*set3)(void *, int, int);
	int (*get3)(void *, int);
	int (*scale3)(void *, scaling);
	int (*decompress3)(void *, const unsigned char *, size_t, unsigned char *, int, int);
	void (*destroy3)(void *);
	char *(*error3)(void *);
	int (*code3)(void *);
};

vkt_library *vkt_load(const char *const *names, char *why, int why_bytes, char *path, int path_bytes) {
	void *library = NULL;
	const char *name = "";
	for (; library == NULL && *names != NULL; names++) {
		name = *names;
		library = open_library(name);
		if (library == NULL) reason(why, why_bytes);
	}
	if (library == NULL) return NULL;
	vkt_library *l = calloc(1, sizeof *l);
	if (l == NULL) return NULL;
	*(void **)&l->init = find(library, "tjInitDecompress");
	*(void **)&l->decompress = find(library, "tjDecompress2");
	*(void **)&l->destroy = find(library, "tjDestroy");
	*(void **)&l->error = find(library, "tjGetErrorStr2");
	*(void **)&l->code = find(library, "tjGetErrorCode");
	*(void **)&l->init3 = find(library, "tj3Init");
	*(void **)&l->header3 = find(library, "tj3DecompressHeader");
	*(void **)&l->set3 = find(library, "tj3Set");
	*(void **)&l->get3 = find(library, "tj3Get");
	*(void **)&l->scale3 = find(library, "tj3SetScalingFactor");
	*(void **)&l->decompress3 = find(library, "tj3Decompress8");
	*(void **)&l->destroy3 = find(library, "tj3Destroy");
	*(void **)&l->error3 = find(library, "tj3GetErrorStr");
	*(void **)&l->code3 = find(library, "tj3GetErrorCode");
	if (!vkt_is3(l) && (l->init == NULL || l->decompress == NULL || l->destroy == NULL || l->error == NULL || l->code == NULL)) {
		snprintf(why, why_bytes, "%s has not the functions of TurboJPEG 2 or 3", name);
		free(l);
		return NULL;
	}
	place(library, vkt_is3(l) ? *(void **)&l->init3 : *(void **)&l->init, name, path, path_bytes);
	return l;
}

int vkt_is3(const vkt_library *l) {
	return l->init3 != NULL && l->header3 != NULL && l->set3 != NULL && l->get3 != NULL && l->scale3 != NULL && l->decompress3 != NULL && l->destroy3 != NULL && l->error3 != NULL && l->code3 != NULL;
}

static int bytes_of(int format) { return format == 6 ? 1 : format == 11 ? 4 : 3; }

// shrunk is the size of a picture that is scaled by eighths.
static int shrunk(int size, int eighths) { return (int)(((long long)size * eighths + 7) / 8); }

static int decode3(const vkt_library *l, const unsigned char *data, size_t bytes, unsigned char *dst, int width, int height, int format, int scans, char *text, int text_bytes) {
	void *h = l->init3(TJINIT_DECOMPRESS);
	if (h == NULL) {
		snprintf(text, text_bytes, "no memory");
		return -1;
	}
	int r = l->set3(h, TJPARAM_SCANLIMIT, scans) | l->set3(h, TJPARAM_FASTDCT, 0) | l->set3(h, TJPARAM_FASTUPSAMPLE, 0);
	if (r == 0 && l->header3(h, data, bytes) != 0 && l->code3(h) != TJERR_WARNING) r = -1;
	if (r == 0) {
		int w = l->get3(h, TJPARAM_JPEGWIDTH), t = l->get3(h, TJPARAM_JPEGHEIGHT), eighths = 8;
		while (eighths > 1 && (shrunk(w, eighths) != width || shrunk(t, eighths) != height)) eighths /= 2;
		if (shrunk(w, eighths) != width || shrunk(t, eighths) != height) {
			snprintf(text, text_bytes, "its size is %d x %d", w, t);
			l->destroy3(h);
			return -1;
		}
		r = l->scale3(h, (scaling){1, 8 / eighths}); // it knows fractions in lowest terms alone
		if (r == 0) r = l->decompress3(h, data, bytes, dst, width * bytes_of(format), format);
	}
	if (r != 0) {
		r = l->code3(h) == TJERR_WARNING ? 1 : -1;
		snprintf(text, text_bytes, "%s", l->error3(h));
	}
	l->destroy3(h);
	return r;
}

int vkt_decode(const vkt_library *l, const unsigned char *data, size_t bytes, unsigned char *dst, int width, int height, int format, int scans, char *text, int text_bytes) {
	text[0] = 0;
	if (vkt_is3(l)) return decode3(l, data, bytes, dst, width, height, format, scans, text, text_bytes);
	void *h = l->init();
	if (h == NULL) {
		snprintf(text, text_bytes, "no memory");
		return -1;
	}
	int r = l->decompress(h, data, (unsigned long)bytes, dst, width, width * bytes_of(format), height, format, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS);
	if (r != 0) {
		r = l->code(h) == TJERR_WARNING ? 1 : -1;
		snprintf(text, text_bytes, "%s", l->error(h));
	}
	l->destroy(h);
	return r;
}

// The one function that Go asks of bcryptprimitives.dll, for versions of Wine that
// lack that library, such as Debian 12's 8.0. make portability-windows alone uses it.
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) {
	return RtlGenRandom(data, (ULONG)size);
}

//go:build !linux

package gpu

// largePages does nothing: elsewhere a mapped buffer's pages cannot be asked for.
func largePages([]byte) {}

//go:build race

package optest

// Race reports whether the race detector watches: sums take ten times as long
// then, and memory is its own.
const Race = true

// Package inflight runs images in batches, a few of them at once, each in memory
// of its own. It knows programs and tensors; what computes a batch is its
// caller's.
package inflight

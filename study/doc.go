// Package study measures what a network does with the positions of its feature
// maps: which of them are ever read, by which path of a block, which of them
// change the output when they are changed, and how much of the picture each
// stage can see.
//
// Three instruments, that check each other:
//
//   - Trace walks a graph backwards from its outputs and counts, position by
//     position, who reads what. Unlike package plan's demand, which keeps one
//     lattice an axis because kernels need one, it is exact.
//   - Perturb changes one position after the other and watches the output, on
//     whatever engine it is given: a GPU, or the reference.
//   - Field is the theoretical receptive field, by arithmetic on windows alone.
//
// Compare runs all of them, and the clock, on the ways of halving a feature map
// that package resnet builds; Inspect runs them on any graph. The results are
// plain structs, which is what `vkeras study --json` writes; package
// study/plots draws them.
//
// It knows nn, plan, reference and resnet, and no device.
package study

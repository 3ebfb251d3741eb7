// Package amdcode reads the machine code that Mesa's AMD compiler (RADV's ACO)
// prints of a kernel, as far as speed is concerned: the loops that multiply, what
// else is in them, and how many cycles llvm-mca gives them.
//
// It knows text alone: no device, no driver, no kernel of ours may enter.
package amdcode

// Package hdf5 reads the part of HDF5 that Keras writes: groups, attributes
// and numeric datasets of one file, read-only, without the C library.
//
// Source: HDF5 File Format Specification, version 3.0 (The HDF Group). Comments
// cite its sections, "III.A.1" say.
//
// # What is read
//
//   - superblocks 0 to 3, behind a user block too (II.A)
//   - object headers 1 and 2, committed datatypes (IV.A)
//   - groups as symbol tables, compact links and dense links
//   - compact and dense attributes; fixed and variable-length strings
//   - integers of 8 to 64 bits, IEEE floats of 16, 32 and 64 bits, both endians
//   - compact, contiguous and chunked data, every chunk index of layout
//     messages 3 and 4
//   - the filters deflate, shuffle and fletcher32
//
// Everything else is refused with [ErrUnsupported] and its name.
//
// # Hostile files
//
// Model files come from strangers. So every address and length is checked
// against the file's real size before memory is taken for it, and what one call
// may read is bounded by a small multiple of that size, which a well-formed
// file, whose structures do not overlap, cannot reach. Trees are walked with
// their declared depth as the bound. Shapes are metadata: nothing is allocated for
// them, the caller brings the memory. A chunk must be of a size that its dataset
// and the bytes it is stored in make possible, it inflates to exactly that size,
// and each is read once.
//
// # What may not enter
//
// Writing, and knowledge of Keras: layer names, weights and configurations are
// the business of package loader.
package hdf5

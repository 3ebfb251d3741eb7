// Package hdf5 reads the part of HDF5 that Keras writes: groups, attributes
// and numeric datasets of one file, read-only, without the C library.
//
// Source: HDF5 File Format Specification, version 3.0 (The HDF Group). Comments
// cite its sections, "III.A.1" say.
//
// # What is read
//
//   - superblocks 0 to 3, behind a user block too, addresses and lengths of 2,
//     4 and 8 bytes, any strategy of file space (II.A)
//   - object headers 1 and 2, continued or not; committed datatypes (IV.A)
//   - messages in the file's shared heap (III.I)
//   - groups as symbol tables, compact links and dense links, cyclic ones too
//   - compact and dense attributes; fixed and variable-length strings
//   - integers of 8 to 64 bits, IEEE floats of 16, 32 and 64 bits, both endians
//   - compact, contiguous and chunked data, every chunk index of layout
//     messages 3 and 4
//   - the filters deflate, shuffle, fletcher32 and lzf, in any order but not
//     deflate and lzf together; chunks over the edge that are left unfiltered
//   - fill values, for what was never written
//
// Everything else is refused with [ErrUnsupported] and its name. The tests hold
// a table of both, feature by feature, against hundreds of files that h5py wrote
// so that all pairs of features occur: every value must be h5py's.
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

package tensorbundle

import (
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/snappy"
)

// Magic ends a table. In the file its lower half comes first, little endian.
const Magic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb"

// FooterBytes is how many bytes a table ends with that lead to its blocks.
const FooterBytes = 48

// trailerBytes follow each block: how it is compressed, and its checksum.
const trailerBytes = 5

// Bounds of an index: the largest networks of keras.applications have some 5,000
// tensors with the optimizer's, whose names have some 100 bytes.
const (
	maxIndexBytes = 64 << 20
	maxEntries    = 1 << 17
	maxKeyBytes   = 4 << 10
	maxKeysBytes  = 64 << 20 // of all keys, whose prefixes are compressed
	maxBlockBytes = 8 << 20  // of a block; TensorFlow writes 256 KiB
	maxInflated   = 64 << 20 // of all blocks
)

// IsTable reports whether a file ends as a table does.
func IsTable(r io.ReaderAt, size int64) bool {
	var end [len(Magic)]byte
	if size < FooterBytes {
		return false
	}
	_, err := r.ReadAt(end[:], size-int64(len(end)))
	return (err == nil || err == io.EOF) && string(end[:]) == Magic
}

// table reads a table that is in memory.
type table struct {
	file     []byte
	inflated int // bytes of the blocks that were decompressed
	keys     int // bytes of the keys seen

	// unverified is for tests alone: damaged files must get past checksums to
	// reach the code behind them.
	unverified bool
}

// entries visits every key and value in the order of the keys, which must
// ascend. Both are good until the table is let go.
func (t *table) entries(visit func(key, value []byte) error) error {
	footer := t.file[max(0, len(t.file)-FooterBytes):]
	if len(footer) < FooterBytes || string(footer[FooterBytes-len(Magic):]) != Magic {
		return malformed("the index does not end as a table does: %d bytes, perhaps cut", len(t.file))
	}
	_, rest, err := handle(footer) // of the blocks' statistics, which nobody needs
	if err != nil {
		return err
	}
	index, _, err := handle(rest)
	if err != nil {
		return err
	}
	blocks, err := t.block(index)
	if err != nil {
		return err
	}
	seen, last := 0, []byte(nil)
	return t.each(blocks, func(_, value []byte) error {
		at, _, err := handle(value)
		if err != nil {
			return err
		}
		block, err := t.block(at)
		if err != nil {
			return err
		}
		return t.each(block, func(key, value []byte) error {
			if seen++; seen > maxEntries {
				return unsupported("an index of more than %d entries", maxEntries)
			}
			if seen > 1 && string(key) <= string(last) {
				return malformed("the keys of the index do not ascend")
			}
			last = key
			return visit(key, value)
		})
	})
}

// extent is where a block is, without its trailer.
type extent struct{ offset, length uint64 }

// handle reads where a block is.
func handle(b []byte) (at extent, rest []byte, err error) {
	for _, field := range []*uint64{&at.offset, &at.length} {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return extent{}, nil, malformed("the place of a block is cut")
		}
		*field, b = v, b[n:]
	}
	return at, b, nil
}

// block returns the content of a block.
func (t *table) block(at extent) ([]byte, error) {
	size := uint64(len(t.file))
	if at.offset > size || at.length > size-at.offset || trailerBytes > size-at.offset-at.length {
		return nil, malformed("a block of %d bytes at %d, in an index of %d", at.length, at.offset, size)
	}
	content := t.file[at.offset:][:at.length+trailerBytes]
	body, kind, sum := content[:at.length], content[at.length], content[at.length+1:]
	if got := masked(crc32.Checksum(content[:at.length+1], castagnoli)); !t.unverified && got != binary.LittleEndian.Uint32(sum) {
		return nil, malformed("wrong checksum of a block at %d of the index", at.offset)
	}
	switch kind {
	case 0:
		return body, nil
	case 1:
		n, err := snappy.DecodedLen(body)
		if err != nil {
			return nil, malformed("a block at %d of the index: %w", at.offset, err)
		}
		if t.inflated += n; n > maxBlockBytes || t.inflated > maxInflated {
			return nil, unsupported("a block of the index that inflates to %d bytes", n)
		}
		body, err := snappy.Decode(nil, body)
		if err != nil {
			return nil, malformed("a block at %d of the index: %w", at.offset, err)
		}
		return body, nil
	default:
		return nil, unsupported("an index compressed in way %d", kind)
	}
}

// each visits the entries of a block. A key says how many bytes it shares with
// the one before it; behind the entries are the places of those that share none,
// for searching.
func (t *table) each(block []byte, visit func(key, value []byte) error) error {
	if len(block) < 4 {
		return malformed("a block of %d bytes", len(block))
	}
	restarts := uint64(binary.LittleEndian.Uint32(block[len(block)-4:]))
	if restarts > uint64(len(block)-4)/4 {
		return malformed("a block of %d bytes with %d restarts", len(block), restarts)
	}
	block = block[:uint64(len(block))-4-4*restarts]
	var key []byte
	for len(block) > 0 {
		var lengths [3]uint64 // shared and own bytes of the key, bytes of the value
		for i := range lengths {
			v, n := binary.Uvarint(block)
			if n <= 0 {
				return malformed("an entry of the index is cut")
			}
			lengths[i], block = v, block[n:]
		}
		shared, own, value := lengths[0], lengths[1], lengths[2]
		left := uint64(len(block))
		if shared > uint64(len(key)) || own > left || value > left-own {
			return malformed("an entry of the index is longer than its block")
		}
		if t.keys += int(shared + own); shared+own > maxKeyBytes || t.keys > maxKeysBytes {
			return unsupported("an index with a key of %d bytes, among %d of all keys", shared+own, t.keys)
		}
		next := make([]byte, 0, shared+own)
		key = append(append(next, key[:shared]...), block[:own]...)
		if err := visit(key, block[own:own+value]); err != nil {
			return err
		}
		block = block[own+value:]
	}
	return nil
}

// castagnoli is the polynomial of all checksums in bundles.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is how checksums are stored, so that those of data with checksums in
// it are not special.
func masked(sum uint32) uint32 { return (sum>>15 | sum<<17) + 0xa282ead8 }

// Package bundletest writes TensorFlow's tensor bundles for the tests of what reads
// them: small ones whose checksums are right, with whatever else in them.
//
// Only tests import it.
package bundletest

import (
	"encoding/binary"
	"hash/crc32"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Masked returns TensorFlow's checksum of data.
func Masked(data []byte) uint32 {
	sum := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// Table returns a table of these values by their keys, in one block. A kind other
// than 0 says that the block is compressed in that way, which it is not.
func Table(values map[string][]byte, kind byte) []byte {
	var entries []byte
	for _, key := range slices.Sorted(maps.Keys(values)) {
		entries = append(entries, entry(0, key, values[key])...)
	}
	return Blocks(append(entries, 0, 0, 0, 0, 1, 0, 0, 0), kind)
}

// Blocks returns a table of one block with this content.
func Blocks(content []byte, kind byte) []byte {
	file := block(content, kind)
	data := handle(0, len(content))
	meta := handle(len(file), 8)
	file = append(file, block([]byte{0, 0, 0, 0, 1, 0, 0, 0}, 0)...)
	index := append(entry(0, "~", data), 0, 0, 0, 0, 1, 0, 0, 0)
	footer := append(meta, handle(len(file), len(index))...)
	file = append(file, block(index, 0)...)
	footer = append(footer, make([]byte, 40-len(footer))...)
	return append(append(file, footer...), "\x57\xfb\x80\x8b\x24\x75\x47\xdb"...)
}

// entry is a key and value of a block; shared bytes of the key are the last one's.
func entry(shared int, key string, value []byte) []byte {
	b := protowire.AppendVarint(nil, uint64(shared))
	b = protowire.AppendVarint(b, uint64(len(key)-shared))
	b = protowire.AppendVarint(b, uint64(len(value)))
	return append(append(b, key[shared:]...), value...)
}

func block(content []byte, kind byte) []byte {
	b := append(slices.Clone(content), kind)
	return binary.LittleEndian.AppendUint32(b, Masked(b))
}

func handle(offset, length int) []byte {
	return protowire.AppendVarint(protowire.AppendVarint(nil, uint64(offset)), uint64(length))
}

// Message appends fields of a protobuf message: numbers, and bytes that are
// strings or messages.
func Message(fields ...any) []byte {
	var b []byte
	for i := 0; i < len(fields); i += 2 {
		number := protowire.Number(fields[i].(int))
		switch v := fields[i+1].(type) {
		case int:
			b = protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), uint64(v))
		case uint32:
			b = protowire.AppendFixed32(protowire.AppendTag(b, number, protowire.Fixed32Type), v)
		case string:
			b = protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), v)
		case []byte:
			b = protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), v)
		default:
			panic(v)
		}
	}
	return b
}

// Entry returns BundleEntryProto of data at an offset of data file 0.
func Entry(typ int, shape []int, offset int, data []byte) []byte {
	return Message(1, typ, 2, Shape(shape...), 4, offset, 5, len(data), 6, Masked(data))
}

// Shape returns TensorShapeProto.
func Shape(shape ...int) []byte {
	var b []byte
	for _, d := range shape {
		b = append(b, Message(2, Message(1, d))...)
	}
	return b
}

// Header returns BundleHeaderProto for so many data files.
func Header(shards int) []byte { return Message(1, shards) }

// ObjectGraphKey names the object graph.
const ObjectGraphKey = "_CHECKPOINTABLE_OBJECT_GRAPH"

// String returns a string as a tensor has it.
func String(s []byte) []byte {
	b := protowire.AppendVarint(nil, uint64(len(s)))
	number := binary.LittleEndian.AppendUint32(nil, uint32(len(s)))
	b = binary.LittleEndian.AppendUint32(b, Masked(number))
	return append(b, s...)
}

// StringEntry returns BundleEntryProto of a string at an offset of data file 0.
func StringEntry(s []byte, offset int) []byte {
	number := binary.LittleEndian.AppendUint32(nil, uint32(len(s)))
	summed := binary.LittleEndian.AppendUint32(slices.Clone(number), Masked(number))
	return Message(1, 7, 2, Shape(), 4, offset, 5, len(String(s)), 6, Masked(append(summed, s...)))
}

// Checkpoint returns the files of a checkpoint of these floats by their names, and
// of an object graph.
func Checkpoint(floats map[string][]float32, shapes map[string][]int, graph []byte) (index, data []byte) {
	values := map[string][]byte{"": Header(1)}
	for _, name := range slices.Sorted(maps.Keys(floats)) {
		var b []byte
		for _, x := range floats[name] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		values[name] = Entry(1, shapes[name], len(data), b)
		data = append(data, b...)
	}
	values[ObjectGraphKey] = StringEntry(graph, len(data))
	return Table(values, 0), append(data, String(graph)...)
}

package foreign

import "google.golang.org/protobuf/encoding/protowire"

// Protobuf messages have no magic number: they are told by the types of their
// first fields, and by names in them.

// varintThen reports that a message begins with field 1, a number between these,
// and that field 2, bytes, follows; it returns as much of these as there is.
func varintThen(head []byte, low, high uint64) (rest []byte, ok bool) {
	number, typ, n := protowire.ConsumeTag(head)
	if n < 0 || number != 1 || typ != protowire.VarintType {
		return nil, false
	}
	head = head[n:]
	v, n := protowire.ConsumeVarint(head)
	if n < 0 || v < low || v > high {
		return nil, false
	}
	return lengthOf(head[n:], 2)
}

// lengthOf reports that field number comes next, and returns its bytes as far as
// the head has them.
func lengthOf(head []byte, want protowire.Number) ([]byte, bool) {
	number, typ, n := protowire.ConsumeTag(head)
	if n < 0 || number != want || typ != protowire.BytesType {
		return nil, false
	}
	head = head[n:]
	length, n := protowire.ConsumeVarint(head)
	if n < 0 {
		return nil, false
	}
	head = head[n:]
	return head[:min(uint64(len(head)), length)], true
}

// onnx reports ModelProto: ir_version = 1, producer_name = 2.
func onnx(head []byte) bool {
	producer, ok := varintThen(head, 2, 64)
	return ok && len(producer) < 64 && word(producer)
}

// savedModel reports SavedModel: saved_model_schema_version = 1, which is 1, and
// meta_graphs = 2, each of which begins with meta_info_def = 1.
func savedModel(head []byte) bool {
	graph, ok := varintThen(head, 1, 1)
	if !ok {
		return false
	}
	_, ok = lengthOf(graph, 1)
	return ok
}

// graphDef reports GraphDef: node = 1, of which name = 1 and op = 2.
func graphDef(head []byte) bool {
	node, ok := lengthOf(head, 1)
	if !ok {
		return false
	}
	name, ok := lengthOf(node, 1)
	if !ok || !word(name) {
		return false
	}
	_, _, n := protowire.ConsumeField(node)
	if n < 0 {
		return false
	}
	op, ok := lengthOf(node[n:], 2)
	return ok && word(op)
}

// word reports printable ASCII, and at least one character.
func word(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return len(b) > 0
}

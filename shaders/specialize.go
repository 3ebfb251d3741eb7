package shaders

import (
	"encoding/binary"
	"slices"
)

// Code returns the kernel's code for its Constants: they are constants in it, and
// what they switch off is gone. Drivers come to the same in the end, but take every
// function of an activation through their passes first: on llvmpipe a third of the
// time that a pipeline takes when its machine code is cached.
func (k Kernel) Code() ([]byte, error) {
	code, err := k.SPIRV()
	if err != nil || len(k.Constants) == 0 {
		return code, err
	}
	return Specialize(code, k.Constants), nil
}

// SPIR-V's numbers that Specialize looks for (SPIR-V specification 1.6, section 3).
const (
	opName, opLine, opNoLine                = 5, 8, 317
	opConstantTrue, opConstantFalse         = 41, 42
	opSpecConstantTrue, opSpecConstantFalse = 48, 49
	opSpecConstantOp                        = 52
	opFunction, opFunctionEnd               = 54, 56
	opLogicalOr, opLogicalAnd, opLogicalNot = 166, 167, 168
	opIEqual, opINotEqual                   = 170, 171
	opPhi, opLoopMerge, opSelectionMerge    = 245, 246, 247
	opLabel, opBranch                       = 248, 249
	opBranchConditional, opSwitch           = 250, 251
	opUnreachable                           = 255
	firstTerminator, lastTerminator         = opBranch, opUnreachable
)

// encode returns an instruction with its first word.
func encode(op uint32, args ...uint32) instruction {
	return append(instruction{uint32(len(args)+1)<<16 | op}, args...)
}

// block is what lies between a label and the end of a block's last instruction.
type block struct {
	label   uint32
	begin   instruction   // the label's
	body    []instruction // without the label, the merge and the terminator
	merge   instruction   // nil: it begins no construct
	last    instruction   // the terminator
	reached bool
	stub    bool // not reached, but a construct ends there
}

// Specialize returns a kernel's code with these values for the specialization
// constants 0, 1, ..., without the blocks that nothing reaches then; as it is where
// that is not to be told. The code must be valid SPIR-V.
func Specialize(code []byte, values []uint32) []byte {
	list, err := instructionsOf(code)
	if err != nil {
		return code
	}
	ids := binary.LittleEndian.Uint32(code[4*bound:])
	if uint64(ids) > uint64(len(code)) {
		return code
	}
	s := specializer{
		values: values, ids: map[uint32]uint32{}, known: map[uint32]uint32{},
		defined: make([]bool, ids), removed: make([]bool, ids),
	}
	var blocks []*block // of the function at hand
	inFunction := false
	var head []instruction // all before the functions
	var rest []instruction
	for _, i := range list {
		switch op := i.op(); {
		case op == opFunction:
			inFunction, blocks = true, nil
			rest = append(rest, i)
		case op == opFunctionEnd:
			kept, ok := s.prune(blocks)
			if !ok {
				return code
			}
			rest = append(append(rest, kept...), i)
			inFunction = false
		case !inFunction:
			head = append(head, s.constant(i))
			if op >= firstTypeOp && op <= opVariable {
				note(s.defined, i)
			}
		case op == opLabel:
			blocks = append(blocks, &block{label: i[1], begin: i})
		case len(blocks) == 0: // a parameter of the function
			rest = append(rest, i)
		default:
			b := blocks[len(blocks)-1]
			switch {
			case op == opLoopMerge || op == opSelectionMerge:
				b.merge = i
			case op >= firstTerminator && op <= lastTerminator:
				b.last = s.taken(b, i)
			case op != opLine && op != opNoLine:
				b.body = append(b.body, i)
			}
		}
	}
	less := append(make([]byte, 0, len(code)), code[:4*headerWords]...)
	for _, i := range append(slices.DeleteFunc(head, s.gone), rest...) {
		for _, w := range i {
			less = binary.LittleEndian.AppendUint32(less, w)
		}
	}
	return less
}

// specializer is what is known of a module.
type specializer struct {
	values  []uint32
	ids     map[uint32]uint32 // the specialization constants' numbers, by id
	known   map[uint32]uint32 // the values of constants of one word; truth is 1
	defined []bool            // ids that are results in the code that is kept
	removed []bool            // ids that may be in the code that is not: some are operands
}

// constant returns what an instruction before the functions becomes, having taken
// note of it.
func (s *specializer) constant(i instruction) instruction {
	switch op := i.op(); op {
	case opDecorate:
		if len(i) == 4 && i[2] == decorationSpecID {
			s.ids[i[1]] = i[3]
		}
	case opConstantTrue, opConstantFalse:
		s.known[i[2]] = opConstantFalse - op
	case opConstant:
		if len(i) == 4 {
			s.known[i[2]] = i[3]
		}
	case opSpecConstantTrue, opSpecConstantFalse, opSpecConstant:
		id, ok := s.ids[i[2]]
		switch {
		case !ok || int(id) >= len(s.values) || op == opSpecConstant && len(i) != 4:
			delete(s.ids, i[2]) // it stays what it is
		case op == opSpecConstant:
			s.known[i[2]] = s.values[id]
			return encode(opConstant, i[1], i[2], s.values[id])
		default:
			return s.truth(i, s.values[id] != 0)
		}
	case opSpecConstantOp:
		if value, ok := s.evaluate(i[3], i[4:]); ok {
			return s.truth(i, value)
		}
	}
	return i
}

// truth returns the constant that i defines, having noted its value.
func (s *specializer) truth(i instruction, value bool) instruction {
	if value {
		s.known[i[2]] = 1
		return encode(opConstantTrue, i[1], i[2])
	}
	s.known[i[2]] = 0
	return encode(opConstantFalse, i[1], i[2])
}

// evaluate computes an operation on known constants that is true or false.
func (s *specializer) evaluate(op uint32, operands []uint32) (value, ok bool) {
	var v [2]uint32
	if len(operands) > len(v) {
		return false, false
	}
	for i, id := range operands {
		if v[i], ok = s.known[id]; !ok {
			return false, false
		}
	}
	switch op {
	case opIEqual:
		return v[0] == v[1], true
	case opINotEqual:
		return v[0] != v[1], true
	case opLogicalAnd:
		return v[0] != 0 && v[1] != 0, true
	case opLogicalOr:
		return v[0] != 0 || v[1] != 0, true
	case opLogicalNot:
		return v[0] == 0, true
	}
	return false, false
}

// taken returns a block's terminator with the way that it is known to take. A
// switch stays one with a single way, since what is within may break out of it.
func (s *specializer) taken(b *block, last instruction) instruction {
	switch last.op() {
	case opBranchConditional:
		value, ok := s.known[last[1]]
		if !ok || b.merge != nil && b.merge.op() == opLoopMerge {
			return last
		}
		b.merge = nil
		if value != 0 {
			return encode(opBranch, last[2])
		}
		return encode(opBranch, last[3])
	case opSwitch:
		value, ok := s.known[last[1]]
		if !ok {
			return last
		}
		way := last[2]
		for c := 3; c+1 < len(last); c += 2 {
			if last[c] == value {
				way = last[c+1]
			}
		}
		return encode(opSwitch, last[1], way)
	}
	return last
}

// ways returns the labels that a block's terminator names.
func (b *block) ways() []uint32 {
	switch b.last.op() {
	case opBranch:
		return b.last[1:2]
	case opBranchConditional:
		return b.last[2:4]
	case opSwitch:
		ways := []uint32{b.last[2]}
		for c := 4; c < len(b.last); c += 2 {
			ways = append(ways, b.last[c])
		}
		return ways
	}
	return nil
}

// prune returns the instructions of a function's blocks that can be reached, and
// false where one of them has no end, or a loop has lost its way back.
func (s *specializer) prune(blocks []*block) (kept []instruction, ok bool) {
	if len(blocks) == 0 {
		return nil, true
	}
	labelled := map[uint32]*block{}
	for _, b := range blocks {
		if b.last == nil {
			return nil, false
		}
		labelled[b.label] = b
	}
	for next := []*block{blocks[0]}; len(next) > 0; {
		b := next[len(next)-1]
		next = next[:len(next)-1]
		if b == nil {
			return nil, false // a label that is nowhere
		}
		if b.reached {
			continue
		}
		b.reached = true
		for _, label := range b.ways() {
			next = append(next, labelled[label])
		}
	}
	from := map[uint32][]uint32{} // the blocks that go to one
	for _, b := range blocks {
		if !b.reached {
			continue
		}
		for _, label := range b.ways() {
			from[label] = append(from[label], b.label)
		}
		if b.merge == nil {
			continue
		}
		if b.merge.op() == opLoopMerge && !labelled[b.merge[2]].reached {
			return nil, false
		}
		if end := labelled[b.merge[1]]; !end.reached {
			end.stub = true
		}
	}
	for _, b := range blocks {
		switch {
		case b.reached:
			kept = append(kept, b.begin)
			for _, i := range b.body {
				if i.op() == opPhi {
					i = phi(i, from[b.label])
				}
				kept = append(kept, i)
			}
			if b.merge != nil {
				kept = append(kept, b.merge)
			}
			kept = append(kept, b.last)
		case b.stub:
			kept = append(kept, b.begin, encode(opUnreachable))
			note(s.removed, b.body...)
		default:
			note(s.removed, b.begin)
			note(s.removed, b.body...)
		}
	}
	note(s.defined, kept...)
	return kept, true
}

// phi returns a choice among the values of the blocks that one is still entered from.
func phi(i instruction, from []uint32) instruction {
	args := slices.Clone(i[1:3])
	for c := 3; c+1 < len(i); c += 2 {
		if slices.Contains(from, i[c+1]) {
			args = append(args, i[c], i[c+1])
		}
	}
	return encode(opPhi, args...)
}

// note adds what instructions define to a set.
func note(ids []bool, list ...instruction) {
	for _, i := range list {
		switch {
		case i.op() == opLabel:
			ids[i[1]] = true
		case len(i) > 2 && i[2] < uint32(len(ids)): // else it is no id
			ids[i[2]] = true
		}
	}
}

// gone reports whether an instruction before the functions speaks of what is no
// longer there, or of a specialization constant that has become a constant.
func (s *specializer) gone(i instruction) bool {
	if op := i.op(); op != opName && op != opDecorate {
		return false
	}
	if s.removed[i[1]] && !s.defined[i[1]] {
		return true
	}
	_, constant := s.ids[i[1]]
	return constant && i.op() == opDecorate && len(i) == 4 && i[2] == decorationSpecID
}

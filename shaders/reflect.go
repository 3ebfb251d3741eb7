package shaders

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// ErrSPIRV is code that is not SPIR-V, or not a kernel for its place.
var ErrSPIRV = errors.New("not a fitting SPIR-V kernel")

// Interface is what a kernel's code says of itself.
type Interface struct {
	Entry   string
	Group   [3]uint32 // invocations a work group
	Shared  uint64    // bytes of shared memory a work group
	Texels  []uint32  // bindings of storage texel buffers in set 0
	Buffers []uint32  // bindings of storage buffers in set 0
	Push    []Member  // push constants; nil where there are none

	Constants []uint32 // ids of the specialization constants, sorted
}

// Member is a field of a block of push constants.
type Member struct {
	Offset uint32
	Float  bool // float32, else uint32 or int32
}

// interfaces keeps what the kernels' own code says, by name.
var interfaces sync.Map

// Interface returns what the kernel's code says of itself.
func (k Kernel) Interface() (Interface, error) {
	if face, ok := interfaces.Load(k.Name); ok {
		return face.(Interface), nil
	}
	code, err := k.SPIRV()
	if err != nil {
		return Interface{}, err
	}
	face, err := Reflect(code)
	if err != nil {
		return Interface{}, fmt.Errorf("kernel %s: %w", k.Name, err)
	}
	interfaces.Store(k.Name, face)
	return face, nil
}

// Check returns an error unless code can stand in for the kernel: the same
// entry point and work group, no binding and no push constant that the kernel
// does not have.
func (k Kernel) Check(code []byte) error {
	want, err := k.Interface()
	if err != nil {
		return err
	}
	got, err := Reflect(code)
	if err != nil {
		return fmt.Errorf("kernel %s: %w", k.Name, err)
	}
	switch {
	case got.Entry != want.Entry:
		return fmt.Errorf("kernel %s: %w: expected the entry point %q, found %q", k.Name, ErrSPIRV, want.Entry, got.Entry)
	case got.Group != want.Group:
		return fmt.Errorf("kernel %s: %w: expected work groups of %v, found %v", k.Name, ErrSPIRV, want.Group, got.Group)
	}
	for _, b := range got.Texels {
		if int(b) >= k.Texels {
			return fmt.Errorf("kernel %s: %w: binding %d is a texel buffer; texel buffers are bindings 0 to %d", k.Name, ErrSPIRV, b, k.Texels-1)
		}
	}
	for _, b := range got.Buffers {
		if int(b) < k.Texels || int(b) >= k.Texels+k.Bindings.Buffers {
			return fmt.Errorf("kernel %s: %w: binding %d is a storage buffer; storage buffers are bindings %d to %d", k.Name, ErrSPIRV, b, k.Texels, k.Texels+k.Bindings.Buffers-1)
		}
	}
	for i, m := range got.Push {
		if i >= len(want.Push) || m != want.Push[i] {
			return fmt.Errorf("kernel %s: %w: push constant %d, at byte %d, is not the kernel's", k.Name, ErrSPIRV, i, m.Offset)
		}
	}
	for _, id := range got.Constants {
		if !slices.Contains(want.Constants, id) {
			return fmt.Errorf("kernel %s: %w: the kernel has no specialization constant %d", k.Name, ErrSPIRV, id)
		}
	}
	return nil
}

// SPIR-V's numbers that Reflect looks for (SPIR-V specification 1.6, section 3).
const (
	magic              = 0x07230203
	bound, headerWords = 3, 5 // of a module's head

	opEntryPoint, opExecutionMode       = 15, 16
	firstTypeOp, lastTypeOp             = 19, 39
	opTypeInt, opTypeFloat              = 21, 22
	opTypeVector, opTypeMatrix          = 23, 24
	opTypeImage, opTypeArray            = 25, 28
	opTypeStruct, opTypePointer         = 30, 32
	opConstant, opSpecConstant          = 43, 50
	opVariable                          = 59
	opDecorate, opMemberDecorate        = 71, 72
	glCompute, localSize                = 5, 17
	decorationBinding, decorationOffset = 33, 35
	decorationSpecID                    = 1
	classWorkgroup, classPushConstant   = 4, 9
)

// module is the part of a SPIR-V module that Reflect reads.
type module struct {
	types     map[uint32][]uint32  // opcode, operands behind the result
	variables map[uint32][2]uint32 // pointer type, storage class
	constants map[uint32]uint32    // the low word
	offsets   map[uint32]map[uint32]uint32
	bindings  map[uint32]uint32
	face      Interface
}

// Reflect reads a module's compute kernel.
func Reflect(code []byte) (Interface, error) {
	list, err := instructionsOf(code)
	if err != nil {
		return Interface{}, err
	}
	m := module{
		types: map[uint32][]uint32{}, variables: map[uint32][2]uint32{}, constants: map[uint32]uint32{},
		offsets: map[uint32]map[uint32]uint32{}, bindings: map[uint32]uint32{},
	}
	for _, i := range list {
		m.read(i.op(), i[1:])
	}
	if m.face.Entry == "" {
		return Interface{}, fmt.Errorf("%w: it has no compute entry point", ErrSPIRV)
	}
	m.resolve()
	return m.face, nil
}

// instruction is one of a module, with its first word.
type instruction []uint32

func (i instruction) op() uint32 { return i[0] & 0xffff }

// instructionsOf returns the instructions behind a module's head.
func instructionsOf(code []byte) ([]instruction, error) {
	if len(code) < 4*headerWords || len(code)%4 != 0 || binary.LittleEndian.Uint32(code) != magic {
		return nil, fmt.Errorf("%w: it does not begin as SPIR-V", ErrSPIRV)
	}
	words := make([]uint32, len(code)/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(code[4*i:])
	}
	var list []instruction
	for at := headerWords; at < len(words); {
		n := int(words[at] >> 16)
		if n < 1 || at+n > len(words) {
			return nil, fmt.Errorf("%w: it is cut short at word %d", ErrSPIRV, at)
		}
		list = append(list, words[at:at+n])
		at += n
	}
	return list, nil
}

// read takes note of one instruction.
func (m *module) read(op uint32, args []uint32) {
	n := len(args)
	switch {
	case op == opEntryPoint && n > 2 && args[0] == glCompute:
		m.face.Entry = text(args[2:])
	case op == opExecutionMode && n == 5 && args[1] == localSize:
		m.face.Group = [3]uint32(args[2:])
	case op == opMemberDecorate && n == 4 && args[2] == decorationOffset:
		if m.offsets[args[0]] == nil {
			m.offsets[args[0]] = map[uint32]uint32{}
		}
		m.offsets[args[0]][args[1]] = args[3]
	case op == opDecorate && n == 3 && args[1] == decorationBinding:
		m.bindings[args[0]] = args[2]
	case op == opDecorate && n == 3 && args[1] == decorationSpecID:
		m.face.Constants = append(m.face.Constants, args[2])
	case op >= firstTypeOp && op <= lastTypeOp && n > 0:
		m.types[args[0]] = append([]uint32{op}, args[1:]...)
	case (op == opConstant || op == opSpecConstant) && n > 2:
		m.constants[args[1]] = args[2]
	case op == opVariable && n > 2:
		m.variables[args[1]] = [2]uint32{args[0], args[2]}
	}
}

// resolve turns variables into bindings and push constants.
func (m *module) resolve() {
	for id, v := range m.variables {
		pointee := m.pointee(v[0])
		kind := m.types[pointee]
		binding, bound := m.bindings[id]
		switch {
		case len(kind) == 0:
		case v[1] == classWorkgroup:
			m.face.Shared += m.size(pointee, 0)
		case v[1] == classPushConstant && kind[0] == opTypeStruct:
			for i, member := range kind[1:] {
				t := m.types[member]
				m.face.Push = append(m.face.Push, Member{m.offsets[pointee][uint32(i)], len(t) > 0 && t[0] == opTypeFloat})
			}
		case bound && kind[0] == opTypeImage:
			m.face.Texels = append(m.face.Texels, binding)
		case bound:
			m.face.Buffers = append(m.face.Buffers, binding)
		}
	}
	slices.Sort(m.face.Texels)
	slices.Sort(m.face.Buffers)
	m.face.Buffers = slices.Compact(m.face.Buffers) // several views of one
	slices.Sort(m.face.Constants)
}

// size returns the bytes of a type's value in shared memory, where nothing is
// padded. Types that contain themselves have none.
func (m *module) size(id uint32, depth int) uint64 {
	const deepest = 8
	t := m.types[id]
	if len(t) < 2 || depth > deepest {
		return 0
	}
	switch t[0] {
	case opTypeInt, opTypeFloat:
		return uint64(t[1]) / 8
	case opTypeVector, opTypeMatrix:
		if len(t) > 2 {
			return m.size(t[1], depth+1) * uint64(t[2])
		}
	case opTypeArray:
		if len(t) > 2 {
			return m.size(t[1], depth+1) * uint64(m.constants[t[2]])
		}
	case opTypeStruct:
		var sum uint64
		for _, member := range t[1:] {
			sum += m.size(member, depth+1)
		}
		return sum
	}
	return 0
}

// pointee returns what a pointer type points to.
func (m *module) pointee(pointer uint32) uint32 {
	if t := m.types[pointer]; len(t) == 3 && t[0] == opTypePointer {
		return t[2]
	}
	return 0
}

// text reads a literal string.
func text(words []uint32) string {
	var b []byte
	for _, w := range words {
		for range 4 {
			if w&0xff == 0 {
				return string(b)
			}
			b = append(b, byte(w))
			w >>= 8
		}
	}
	return string(b)
}

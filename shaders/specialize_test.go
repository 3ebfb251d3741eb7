package shaders

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCodeForConstantsHasNoOthersAndIsWhole(t *testing.T) {
	for k := range All() {
		code, err := k.SPIRV()
		require.NoError(t, err)
		whole, err := Reflect(code)
		require.NoError(t, err)
		if len(whole.Constants) == 0 {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			for _, function := range []uint32{0, 1, 6, 23} {
				for flags := range uint32(8) {
					constants := make([]uint32, slices.Max(whole.Constants)+1)
					for i := range constants {
						constants[i] = flags >> (i % 3) & 1
					}
					constants[0] = function
					less, err := k.With(constants...).Code()
					require.NoError(t, err)
					require.LessOrEqual(t, len(less), len(code))
					face, err := Reflect(less)
					require.NoError(t, err)
					require.Empty(t, face.Constants)
					face.Constants = whole.Constants
					require.Equal(t, whole, face, "%v", constants)
					require.Empty(t, unsound(t, less), "%v", constants)
				}
			}
		})
	}
}

func TestCodeForConstantsIsWithoutWhatTheySwitchOff(t *testing.T) {
	exponentials := func(function uint32) (count int) {
		k, ok := Named("conv2d_lanes_8_16x2")
		require.True(t, ok)
		code, err := k.With(function, 0, 0, 0).Code()
		require.NoError(t, err)
		for _, i := range instructions(t, code) {
			const extension, exp = 12, 27 // OpExtInst; Exp of GLSL.std.450
			if i.op() == extension && i[4] == exp {
				count++
			}
		}
		return count
	}
	require.Zero(t, exponentials(0), "linear")
	require.Zero(t, exponentials(1), "relu")
	require.Equal(t, 1, exponentials(2), "sigmoid")
}

func TestConstantsThatAreNotGivenStay(t *testing.T) {
	k, ok := Named("conv2d_lanes_8_16x2")
	require.True(t, ok)
	code, err := k.With(0, 1).Code()
	require.NoError(t, err)
	face, err := Reflect(code)
	require.NoError(t, err)
	require.Equal(t, []uint32{2, 3}, face.Constants)
}

func TestWhatIsNoSPIRVStaysAsItIs(t *testing.T) {
	k, ok := Named("conv2d_lanes_8_16x2")
	require.True(t, ok)
	code, err := k.SPIRV()
	require.NoError(t, err)
	for name, bad := range map[string][]byte{
		"nothing": {}, "text": []byte("no SPIR-V at all, but of the length of some"), "cut": code[:len(code)/2/4*4+4],
		"an instruction of no words": append(slices.Clone(code[:40]), make([]byte, 8)...),
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, bad, Specialize(bad, []uint32{1, 1, 1, 1})) })
	}
}

func instructions(t *testing.T, code []byte) []instruction {
	list, err := instructionsOf(code)
	require.NoError(t, err)
	return list
}

// unsound returns what is wrong with the blocks of code of one function: labels
// that are nowhere, choices among others than the blocks before.
func unsound(t *testing.T, code []byte) (wrong []string) {
	labels, from := map[uint32]bool{}, map[uint32][]uint32{}
	var at uint32
	for _, i := range instructions(t, code) {
		switch i.op() {
		case opLabel:
			at = i[1]
			labels[at] = true
		case opBranch, opBranchConditional, opSwitch:
			for _, to := range (&block{last: i}).ways() {
				from[to] = append(from[to], at)
			}
		case opSelectionMerge:
			from[i[1]] = append(from[i[1]], 0)
		case opLoopMerge:
			from[i[1]], from[i[2]] = append(from[i[1]], 0), append(from[i[2]], 0)
		}
	}
	for to := range from {
		if !labels[to] {
			wrong = append(wrong, fmt.Sprintf("block %d is nowhere", to))
		}
	}
	for _, i := range instructions(t, code) {
		switch i.op() {
		case opLabel:
			at = i[1]
		case opPhi:
			var entered, chosen []uint32
			for _, b := range from[at] {
				if b != 0 && !slices.Contains(entered, b) {
					entered = append(entered, b)
				}
			}
			for c := 4; c < len(i); c += 2 {
				chosen = append(chosen, i[c])
			}
			slices.Sort(entered)
			slices.Sort(chosen)
			if !slices.Equal(entered, chosen) {
				wrong = append(wrong, fmt.Sprintf("block %d is entered from %v, and %d chooses by %v", at, entered, i[2], chosen))
			}
		}
	}
	return wrong
}

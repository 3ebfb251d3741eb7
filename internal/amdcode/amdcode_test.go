package amdcode

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// A listing as ACO prints it, cut to what is read: an outer loop, in it one that
// multiplies with a load behind a branch and one that does not multiply.
const listing = `
BB0:
	s_mov_b32 s0, 0                                             ; be800380
BB1:
	v_add_nc_u32_e32 v1, 1, v1                                  ; 4a020281
BB2:
	buffer_load_dwordx4 v[8:11], v3, s[16:19], 0 offen          ; e0381000 80040803
	s_cbranch_execz BB4                                         ; bf880001
BB3:
	buffer_load_dword v12, v3, s[16:19], 0 offen                ; e0301000 80040c03
BB4:
	s_waitcnt vmcnt(0)                                          ; bf8c3f70
	v_mul_lo_u32 v5, v4, s9                                     ; d5690005 00001304
	v_fmac_f32_e32 v0, v8, v9                                   ; 56001308
	v_fma_f32 v1, v8, v9, v1                                    ; d54b0001 04061308
	s_load_dword s5, s[0:1], 0x4c                               ; f4000140 fa00004c
	s_cbranch_scc0 BB2                                          ; bf84fff4
BB5:
	v_add_nc_u32_e32 v2, 1, v2                                  ; 4a040481
	s_cbranch_scc0 BB5                                          ; bf84fffe
BB6:
	s_cbranch_scc0 BB1                                          ; bf84fff0
BB7:
	s_endpgm                                                    ; bf810000
`

func TestTheInnermostLoopThatMultipliesIsRead(t *testing.T) {
	loops := Loops(listing)
	require.Len(t, loops, 1)
	l := loops[0]
	l.body = nil
	require.Equal(t, Loop{Instructions: 9, MACs: 2, MultiplyAdds: 2, Waits: 1, Branches: 2, Loads: 2, WideLoads: 1, LoadsUnder: 1, ScalarLoads: 1, Multiplications: 1}, l)
	require.InDelta(t, 2.0/9, l.Share(), 1e-9)
	require.Equal(t, 15, Instructions(listing))
}

func TestPackedInstructionsCountTwiceAndWhatAddsThemUpDoesNot(t *testing.T) {
	loops := Loops("BB0:\n\tv_pk_fma_f16 v1, v2, v3, v1\n\tv_pk_mul_f16 v1, v2, v3\n\tv_fma_mix_f32 v4, v1, 1.0, v4\n\ts_cbranch_scc0 BB0\n")
	require.Len(t, loops, 1)
	require.Equal(t, 4, loops[0].MACs)
	require.InDelta(t, 1, loops[0].Share(), 1e-9)
	loops = Loops("BB0:\n\tv_fma_mix_f32 v4, v1, v2, v4\n\ts_cbranch_scc0 BB0\n")
	require.Equal(t, 1, loops[0].MACs)
}

func TestCyclesAreIssueSlots(t *testing.T) {
	l := Loop{body: []string{"v_fma_f32 v1, v8, v9, v1", "v_fma_f32 v2, v8, v9, v2", "s_cbranch_scc0 BB0"}}
	cycles, err := l.Cycles(t.Context(), "gfx1030")
	if errors.Is(err, ErrNoMCA) {
		t.Skip(err)
	}
	require.NoError(t, err)
	require.InDelta(t, 2, cycles, 0.5)
}

package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vkeras/vkeras/nn"
)

func TestEveryPrecisionGivesKerassClasses(t *testing.T) {
	want := expected(t)
	for _, p := range nn.Precisions() {
		r := vkeras(t, nil, "classify", "--json", "--top", "6", "--precision", string(p), "--device", "0", samples)
		require.Equal(t, ok, r.status, r.stderr)
		require.Contains(t, r.stderr, ", precision "+string(p))
		var got struct {
			classified
			Precision nn.Precision
		}
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
		require.Equal(t, p, got.Precision)
		require.Len(t, got.Pictures, len(want.Pictures))
		for _, a := range got.Pictures {
			w := want.Pictures["pictures/"+filepath.Base(a.File)]
			require.Equal(t, w.Sign, a.Classes[0].Index, "%s in %s", a.File, p)
			for _, c := range a.Classes {
				require.InDelta(t, w.Nearest[c.Index], c.Score, 2e-2, "%s, class %d in %s", a.File, c.Index, p)
			}
		}
	}
}

func TestAPrecisionThatTheProcessorDoesNotHaveIsWrongUsage(t *testing.T) {
	r := vkeras(t, nil, "classify", "--device", "cpu", "--precision", "fp16", samples)
	require.Equal(t, wrongUsage, r.status)
	require.Contains(t, r.stderr, "--precision fp16: the processor computes in fp32 or fp16w")
}

func TestProfileAndBenchSayTheirPrecision(t *testing.T) {
	t.Parallel()
	r := vkeras(t, nil, "bench", "--json", "--runs", "1", "--batch", "1", "--precision", "fp16w")
	require.Equal(t, ok, r.status, r.stderr)
	var benched struct{ Runs []struct{ Precision string } }
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &benched))
	require.Equal(t, "fp16w", benched.Runs[0].Precision)

	bytes := map[string]int64{}
	for _, p := range []string{"fp32", "fp16w", "fp16"} {
		r = vkeras(t, nil, "profile", "--json", "--runs", "1", "--device", "0", "--model", small, "--precision", p)
		require.Equal(t, ok, r.status, r.stderr)
		var profiled struct {
			Precision string
			Rows      []struct{ Bytes int64 }
		}
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &profiled))
		require.Equal(t, p, profiled.Precision)
		for _, row := range profiled.Rows {
			bytes[p] += row.Bytes
		}
	}
	require.InEpsilon(t, bytes["fp32"], 2*bytes["fp16"], 0.01)
	require.Less(t, bytes["fp16"], bytes["fp16w"])
	require.Less(t, bytes["fp16w"], bytes["fp32"])
}

func TestPrecisionsThatAreNoneAreRefused(t *testing.T) {
	r := vkeras(t, nil, "classify", "--precision", "fp8", samples)
	require.Equal(t, 2, r.status)
	require.Contains(t, r.stderr, `--precision "fp8": expected fp32, fp16w, fp16`)
	r = vkeras(t, nil, "classify", "--precision", "fp16", "--device", "reference", samples)
	require.Equal(t, 2, r.status)
	require.Contains(t, r.stderr, "the reference computes in fp32 alone")
}

func TestValidateHoldsEveryPrecisionToItsOwnTolerance(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{{"--precision", "fp16w"}, {"--precision", "fp16", "--planned"}, {"--kernel", "conv2d_fp16"}} {
		r := vkeras(t, nil, append([]string{"validate", "--json", "--model", small}, flags...)...)
		require.Equal(t, ok, r.status, r.stderr)
		var got struct {
			Passed bool
			Runs   []struct{ Precision string }
		}
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
		require.True(t, got.Passed)
		require.Equal(t, strings.TrimPrefix(flags[1], "conv2d_"), got.Runs[0].Precision)
	}
}

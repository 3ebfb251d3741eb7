package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/doctor"
)

func TestTheRecordKeepsWhatIsKnownOfOtherPlaces(t *testing.T) {
	file, page := filepath.Join(t.TempDir(), "r.json"), filepath.Join(t.TempDir(), "r.md")
	r, err := readRecord(file)
	require.NoError(t, err)
	r.put(place{Name: "windows", Title: "W", On: "Wine", When: "2026-01-02", Of: "abc", Checks: []check{{"it runs", failedCheck, "why | not"}, {"a GPU", notRun, "none"}}})
	r.put(place{Name: "swiftshader", Title: "S", Checks: []check{{"kernels", passedCheck, "5"}}})
	require.NoError(t, r.write(file, page))

	r, err = readRecord(file)
	require.NoError(t, err)
	r.put(place{Name: "swiftshader", Title: "S", When: "2026-03-04"})
	require.NoError(t, r.write(file, page))
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(text), "| W | `make portability-windows` | 2026-01-02, abc | 0 | 1 | 1 |\n")
	require.Contains(t, string(text), "| it runs | failed | why \\| not |\n")
	require.Contains(t, string(text), "| Linux on arm64, by QEMU | `make portability-arm64` | not yet | | | |\n")
	require.NotContains(t, string(text), "| kernels |", "what was found before is replaced")
	require.Less(t, strings.Index(string(text), "## S"), strings.Index(string(text), "## W"), "in the order of the trials")
}

func TestARecordThatIsDamagedIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.json")
	require.NoError(t, os.WriteFile(file, []byte("{"), 0o644))
	_, err := readRecord(file)
	require.ErrorContains(t, err, "r.json: ")
}

func TestChecksAreRecordedAsWhatTheyWere(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		limit  time.Duration
		judge  judgement
		want   check
	}{
		"passed":           {"echo four", time.Minute, contains("four"), check{"x", passedCheck, "four"}},
		"another output":   {"echo five", time.Minute, contains("four"), check{"x", failedCheck, `it printed "five", not "four"`}},
		"a failed command": {"echo four; echo why >&2; exit 3", time.Minute, contains("four"), check{"x", failedCheck, "exit status 3: why"}},
		"one that hangs":   {"exec sleep 60", time.Second, contains("four"), check{"x", notRun, "cut short after 1s, without a result"}},
		"one in a folder":  {"echo four", time.Minute, func(output) (string, error) { return "", errors.New("no /scratch/file") }, check{"x", failedCheck, "no TMP/file"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := &trial{ctx: t.Context(), folder: "/scratch", place: &place{}}
			p.try("x", command{args: []string{"sh", "-c", c.script}, limit: c.limit}, c.judge)
			require.Equal(t, []check{c.want}, p.place.Checks)
		})
	}
}

func TestAnInterruptIsNoFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := &trial{ctx: ctx, folder: "/scratch", place: &place{}}
	time.AfterFunc(100*time.Millisecond, cancel)
	p.try("x", command{args: []string{"sleep", "60"}}, contains("four"))
	require.Equal(t, []check{{"x", notRun, "interrupted before it had a result"}}, p.place.Checks)
}

func TestAnswersAreComparedByClassAndProbability(t *testing.T) {
	const head = "file,rank,index,label,probability\n"
	apart, n, err := compare(head+"a.png,1,2,two,0.50001\r\n", head+"a.png,1,2,two,0.5\n")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.InDelta(t, 1e-5, apart, 1e-9)
	for got, says := range map[string]string{
		head + "a.png,1,2,two,0.51\n":  "apart",
		head + "a.png,1,3,three,0.5\n": "class three, not two",
		head:                           "no answers",
		head + "a.png,1,2,two,0.5\nb.png,1,2,two,0.5\n": "2 answers, not 1",
		"Wine could not start\n":                        "no answers",
		head + "a.png,1,2,two,half\n":                   "half",
	} {
		_, _, err := compare(got, head+"a.png,1,2,two,0.5\n")
		require.ErrorContains(t, err, says, got)
	}
}

func TestAnUnknownPlaceIsRefused(t *testing.T) {
	_, err := tried(t.Context(), "amiga")
	require.ErrorContains(t, err, "there are swiftshader, ")
}

func TestWrongKernelsAreNamed(t *testing.T) {
	require.Empty(t, wrongKernels([]doctor.Kernel{{Name: "add", Passed: true}}))
	require.Equal(t, "2 of 3 kernels: conv2d, pad: apart", wrongKernels([]doctor.Kernel{
		{Name: "conv2d", Error: "apart"}, {Name: "add", Passed: true}, {Name: "pad", Error: "late"},
	}))
}

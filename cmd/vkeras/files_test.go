//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// quick is a model that the reference answers with at once, and the flags for it.
var quick = []string{"--model", "../../testdata/keras/exercise_small_keras3/model.legacy.h5", "--device", "reference", "--preset", "exercise"}

func oneHand(t *testing.T) string {
	t.Helper()
	name, err := filepath.Abs(filepath.Join(samples, "one_1.png"))
	require.NoError(t, err)
	return name
}

// What the flags of outputs are pointed at is written, and stays what it is.
func TestOutputFlagsTakeDevicesPipesAndLinks(t *testing.T) {
	input := npyFile(t, "<f4", "(1, 32, 32, 3)", 4*32*32*3)
	predict := append([]string{"predict", "--input", input}, quick[:4]...)
	for name, args := range map[string][]string{
		"--output":     predict,
		"--stats":      append([]string{"classify", oneHand(t)}, quick...),
		"--dump-input": append([]string{"classify", oneHand(t)}, quick...),
		"--resume":     append([]string{"classify", "--csv", oneHand(t)}, quick...),
		"--html":       {"study", "--no-device", "--model", quick[1]},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			pipe, link, target := filepath.Join(folder, "pipe"), filepath.Join(folder, "link"), filepath.Join(folder, "target")
			require.NoError(t, syscall.Mkfifo(pipe, 0o600))
			require.NoError(t, os.Symlink(target, link))
			came := make(chan []byte, 1)
			go func() {
				b, _ := os.ReadFile(pipe) // an empty text fails the test
				came <- b
			}()
			for _, out := range []string{os.DevNull, pipe, link} {
				r := vkeras(t, nil, append(args, name, out)...)
				require.Equal(t, ok, r.status, "%s: %s", out, r.stderr)
			}
			through, written := <-came, mustRead(t, target)
			require.NotEmpty(t, through)
			if name != "--stats" { // which has times
				require.Equal(t, string(written), string(through))
			}
			null, err := os.Stat(os.DevNull)
			require.NoError(t, err)
			require.NotZero(t, null.Mode()&os.ModeCharDevice)
			left, err := os.ReadDir(folder)
			require.NoError(t, err)
			require.Len(t, left, 3, "and no temporary file")
		})
	}
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	return b
}

func TestOutputFlagsTakeStandardOutput(t *testing.T) {
	tool := buildTool(t)
	log := filepath.Join(t.TempDir(), "log")
	f, err := os.Create(log)
	require.NoError(t, err)
	defer f.Close()
	c := exec.CommandContext(t.Context(), tool, append([]string{"classify", "--csv", "--stats", "/dev/stdout", oneHand(t)}, quick...)...)
	c.Stdout = f
	require.NoError(t, c.Run())
	csv, stats, found := strings.Cut(string(mustRead(t, log)), "{")
	require.True(t, found, "the answers, then the times")
	require.Contains(t, csv, "one_1.png,1,")
	require.True(t, json.Valid([]byte("{"+stats)), stats)

	answers := filepath.Join(t.TempDir(), "answers.csv")
	dump, err := exec.CommandContext(t.Context(), tool, append([]string{"classify", "--quiet", "--csv", "--resume", answers, "--dump-input", "-", oneHand(t)}, quick...)...).Output()
	require.NoError(t, err)
	a, err := npy.NewReader(bytes.NewReader(dump))
	require.NoError(t, err)
	require.EqualValues(t, []int{1, 32, 32, 3}, []int(a.Shape))

	r := vkeras(t, nil, append([]string{"classify", "--csv", "--stats", "-", oneHand(t)}, quick...)...)
	require.Equal(t, ok, r.status, r.stderr)
	require.Contains(t, r.stdout, `"stages"`)
	input := npyFile(t, "<f4", "(1, 32, 32, 3)", 4*32*32*3)
	out, err := exec.CommandContext(t.Context(), tool, append([]string{"predict", "--input", input, "--output", "/dev/stdout"}, quick[:4]...)...).Output()
	require.NoError(t, err)
	a, err = npy.NewReader(bytes.NewReader(out))
	require.NoError(t, err)
	require.Equal(t, 1, a.Shape[0])
}

func TestWithoutRoomOnStandardOutputEveryCommandFailsWithALine(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	tool := buildTool(t)
	for _, args := range [][]string{
		{"--help"}, {"classify", "--help"}, {"completion", "bash"}, {"version"}, {"summary"}, {"plan"}, {"devices"},
		append([]string{"classify", oneHand(t)}, quick...), append([]string{"classify", "--json", oneHand(t)}, quick...), append([]string{"classify", "--csv", oneHand(t)}, quick...),
		{"study", "--no-device", "--model", quick[1]},
	} {
		for where, redirect := range map[string]string{"no space left on device": ">/dev/full", "file already closed": ">&-"} {
			t.Run(strings.Join(args[:1], " ")+redirect, func(t *testing.T) {
				c := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `"$0" "$@" ` + redirect, tool}, args...)...)
				var stderr bytes.Buffer
				c.Stderr = &stderr
				var exit *exec.ExitError
				require.ErrorAs(t, c.Run(), &exit, "%v", args)
				require.Equal(t, failed, exit.ExitCode(), "%v: %s", args, stderr.String())
				require.Contains(t, stderr.String(), "vkeras: standard output: "+where)
			})
		}
	}
	require.NoError(t, exec.CommandContext(t.Context(), "sh", "-c", `"$0" version >/dev/null`, tool).Run())
}

// Go's runtime opens the null device where standard output was closed: what is named
// by its descriptor would be lost there.
func TestAClosedStandardOutputThatIsNamedIsAnError(t *testing.T) {
	tool := buildTool(t)
	input := npyFile(t, "<f4", "(1, 32, 32, 3)", 4*32*32*3)
	classify := append([]string{"classify", "--quiet", oneHand(t)}, quick...)
	for _, name := range []string{"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "-"} {
		for _, args := range [][]string{
			append([]string{"predict", "--quiet", "--input", input, "--output", name}, quick[:4]...),
			append(classify, "--stats", name),
			append(classify, "--csv", "--resume", name),
			append(classify, "--csv", "--resume", filepath.Join(t.TempDir(), "answers.csv"), "--dump-input", name),
		} {
			c := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `"$0" "$@" >&-`, tool}, args...)...)
			var stderr bytes.Buffer
			c.Stderr = &stderr
			var exit *exec.ExitError
			require.ErrorAs(t, c.Run(), &exit, "%v", args)
			require.Equal(t, failed, exit.ExitCode(), "%v: %s", args, stderr.String())
			require.Regexp(t, "^vkeras: .*(bad file descriptor|file already closed)\n$", stderr.String(), "%v", args)
		}
	}
}

// trap is a folder of a picture and of what is named like pictures and is none.
func trap(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "b.png"), mustRead(t, oneHand(t)), 0o644))
	require.NoError(t, syscall.Mkfifo(filepath.Join(folder, "a.jpg"), 0o600))
	require.NoError(t, os.Symlink(filepath.Join(folder, "a.jpg"), filepath.Join(folder, "c.png")))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(folder, "d.png")))
	require.NoError(t, os.Symlink("b.png", filepath.Join(folder, "e.png")))
	t.Chdir(folder) // a socket's name is short
	l, err := net.Listen("unix", "f.png")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return folder
}

func TestWhatIsNoFileInAFolderIsReportedAndPassedOver(t *testing.T) {
	flags := quickFromAnywhere(t)
	folder := trap(t)
	for _, args := range [][]string{
		append([]string{"classify", "--csv", folder}, flags...),
		{"decode", "--size", "64x64", "--out", t.TempDir(), folder},
	} {
		r := vkeras(t, nil, args...)
		require.Equal(t, failed, r.status, r.stderr)
		for _, name := range []string{"a.jpg", "c.png", "d.png", "f.png"} {
			require.Contains(t, r.stderr, "vkeras: "+filepath.Join(folder, name)+": no regular file: passed over\n")
		}
		if args[0] == "classify" {
			require.Contains(t, r.stdout, "b.png,1,")
			require.Contains(t, r.stdout, "e.png,1,")
		} else {
			require.Contains(t, r.stderr, "pictures: 2, and 0 that could not be read")
		}
	}
}

// quickFromAnywhere is quick for a test that changes its folder.
func quickFromAnywhere(t *testing.T) []string {
	t.Helper()
	flags := append([]string(nil), quick...)
	var err error
	flags[1], err = filepath.Abs(flags[1])
	require.NoError(t, err)
	return flags
}

func TestABadArgumentIsReportedAndTheRestIsClassified(t *testing.T) {
	empty := t.TempDir()
	r := vkeras(t, nil, append([]string{"classify", "--csv", empty, "nowhere/*.png", oneHand(t), "none.png"}, quick...)...)
	require.Equal(t, failed, r.status)
	require.Contains(t, r.stderr, "vkeras: "+empty+": no picture in this folder\n")
	require.Contains(t, r.stderr, "vkeras: nowhere/*.png: no file matches\n")
	require.Contains(t, r.stderr, "vkeras: none.png: no such file")
	require.Contains(t, r.stdout, "one_1.png,1,")
}

func TestAFileThatLooksLikeAFlagIsExplained(t *testing.T) {
	flags := quickFromAnywhere(t)
	b := mustRead(t, oneHand(t))
	t.Chdir(t.TempDir())
	for _, name := range []string{"-dash.png", "-lena.png", "--x.png"} {
		require.NoError(t, os.WriteFile(name, b, 0o644))
		r := vkeras(t, nil, "classify", name)
		require.NotEqual(t, ok, r.status)
		require.Contains(t, r.stderr, "vkeras: "+name+" was taken for a flag; the file of that name is ./"+name+"\n")
		r = vkeras(t, nil, append([]string{"classify", "./" + name}, flags...)...)
		require.Equal(t, ok, r.status, r.stderr)
		r = vkeras(t, nil, append(append([]string{"classify"}, flags...), "--", name)...)
		require.Equal(t, ok, r.status, r.stderr)
		for _, value := range [][]string{{"--model", name}, {"--labels", name, "--device", "reference"}} {
			r = vkeras(t, nil, append([]string{"classify", "./" + name}, value...)...)
			require.Equal(t, failed, r.status, r.stderr)
			require.NotContains(t, r.stderr, "taken for a flag", "it is a flag's value")
		}
	}
}

func TestWhatValidateCannotReadIsSaidAndTheRestValidated(t *testing.T) {
	flags := quickFromAnywhere(t)
	hand, err := filepath.Abs(oneHand(t))
	require.NoError(t, err)
	folder, empty := trap(t), t.TempDir()
	r := vkeras(t, nil, "validate", "--device", "cpu", "--model", flags[1], "--preset", "exercise", folder, empty, "nowhere/*.png", "none.png", hand)
	require.Equal(t, failed, r.status)
	for _, line := range []string{"no regular file: passed over", empty + ": no picture in this folder", "nowhere/*.png: no file matches", "none.png: no such file"} {
		require.Regexp(t, "(?m)^vkeras: .*"+regexp.QuoteMeta(line), r.stderr)
	}
	require.Regexp(t, `input: \d+ pictures`, r.stderr)
	require.Contains(t, r.stdout, "are right")
}

func TestAPatternDoesNotNameAPipe(t *testing.T) {
	flags := quickFromAnywhere(t)
	hand, err := filepath.Abs(oneHand(t))
	require.NoError(t, err)
	folder := trap(t)
	r := vkeras(t, nil, append([]string{"classify", "--csv", filepath.Join(folder, "a*"), hand}, flags...)...)
	require.Equal(t, failed, r.status)
	require.Contains(t, r.stderr, filepath.Join(folder, "a.jpg")+": no regular file: passed over")
	require.Contains(t, r.stdout, "one_1.png,1,")
}

func TestHeatBlamesNoPictureForItsOutput(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	folder := t.TempDir()
	require.NoError(t, os.Symlink("/dev/full", filepath.Join(folder, "one_1.heat.png")))
	other := filepath.Join(t.TempDir(), "a.png")
	require.NoError(t, os.WriteFile(other, mustRead(t, oneHand(t)), 0o644))
	r := vkeras(t, nil, append([]string{"heat", "--quiet", "--out", folder, other, oneHand(t)}, quick...)...)
	require.Equal(t, failed, r.status)
	require.Contains(t, r.stdout, "a.heat.png", "what was written is said")
	require.Equal(t, "vkeras: write /dev/full: no space left on device\n", r.stderr)
	tool := buildTool(t)
	c := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `"$0" "$@" >/dev/full`, tool, "heat", "--quiet", "--show", "--out", t.TempDir(), oneHand(t)}, quick...)...)
	out, err := c.CombinedOutput()
	require.Error(t, err)
	require.Equal(t, "vkeras: standard output: no space left on device\n", string(out))
}

func TestFlagsSayWhatTheyTake(t *testing.T) {
	for flag, says := range map[string][]string{
		"a whole number":                   {"classify", "--batch", "x", "a.png"},
		"true or false":                    {"classify", "--exif=maybe", "a.png"},
		"whole numbers, such as 1,8":       {"bench", "--batch", "a,b"},
		"a time with its unit, such as 5s": {"serve", "--delay", "5"},
		"a whole number of 0 or more":      {"validate", "--seed", "-1"},
	} {
		r := vkeras(t, nil, says...)
		require.Equal(t, wrongUsage, r.status)
		require.Contains(t, r.stderr, ": expected "+flag+"\n", says)
		require.NotContains(t, r.stderr, "strconv")
	}
}

func TestWhatComputesSaysHowMuchAddressSpaceItNeeds(t *testing.T) {
	const most = math.MaxInt64
	require.NoError(t, enoughAddresses("classify", most))
	require.NoError(t, enoughAddresses("version", 2<<30))
	require.NoError(t, enoughAddresses("collect", 2<<30))
	require.EqualError(t, enoughAddresses("classify", 2<<30), "the address space is limited to 2.0 GiB (ulimit -v); about 2.7 GiB and the model's size are needed")
}

// A pipe that is named is waited for, and the first signal ends that.
func TestAPipeThatIsNamedIsReadAndInterruptible(t *testing.T) {
	t.Parallel()
	tool := buildTool(t)
	pipe := filepath.Join(t.TempDir(), "pipe.png")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	go func() { _ = os.WriteFile(pipe, mustRead(t, oneHand(t)), 0o600) }()
	r := vkeras(t, nil, append([]string{"classify", "--csv", pipe}, quick...)...)
	require.Equal(t, ok, r.status, r.stderr)
	require.Contains(t, r.stdout, "pipe.png,1,")

	for name, args := range map[string][]string{
		"classify": append([]string{"classify", pipe}, quick...),
		"decode":   {"decode", "--size", "8x8", "--out", t.TempDir(), pipe},
		"maps":     append([]string{"maps", "--out", t.TempDir(), pipe}, quick...),
		"heat":     append([]string{"heat", "--out", t.TempDir(), pipe}, quick...),
		"validate": append([]string{"validate", "--preset", "exercise", pipe}, quick[:2]...),

		"classify --labels":  append([]string{"classify", "--labels", pipe, oneHand(t)}, quick...),
		"kernels --spirv":    {"kernels", "--spirv", pipe},
		"predict --input":    {"predict", "--device", "reference", "--input", pipe, "--output", filepath.Join(t.TempDir(), "y.npy")},
		"profile --compare":  {"profile", "--device", "cpu", "--compare", pipe},
		"study --picture":    {"study", "--no-device", "--picture", pipe},
		"summary --config":   {"summary", "--config", pipe, "--model", "../../loader/testdata/nb_layers.h5"},
		"validate --against": {"validate", "--against", pipe},
		"validate --input":   {"validate", "--input", pipe},
		"validate --spirv":   {"validate", "--spirv", "add=" + pipe},
	} {
		t.Run(name, func(t *testing.T) {
			c := exec.CommandContext(t.Context(), tool, args...)
			c.Stderr = os.Stderr
			require.NoError(t, c.Start())
			time.Sleep(time.Second) // slower, it has not come to the pipe, and the signal ends it before
			require.NoError(t, c.Process.Signal(syscall.SIGTERM))
			var exit *exec.ExitError
			require.ErrorAs(t, c.Wait(), &exit)
			require.Equal(t, interrupted, exit.ExitCode())
		})
	}
}

func TestALineThatNamesAPipeIsInterruptible(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe.png")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	c := exec.CommandContext(t.Context(), buildTool(t), append([]string{"worker", "--allow-cpu", "--preset", "exercise"}, quick[:2]...)...)
	in, err := c.StdinPipe()
	require.NoError(t, err)
	defer in.Close()
	_, err = in.Write([]byte(pipe + "\n"))
	require.NoError(t, err)
	require.NoError(t, c.Start())
	time.Sleep(2 * time.Second)
	require.NoError(t, c.Process.Signal(syscall.SIGTERM))
	var exit *exec.ExitError
	require.ErrorAs(t, c.Wait(), &exit)
	require.Equal(t, interrupted, exit.ExitCode())
}

func TestReadingAPipeEndsWithItsContext(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe.png")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	held, err := os.OpenFile(pipe, os.O_RDWR, 0) // opened, never written
	require.NoError(t, err)
	defer held.Close()
	r := classify.Reader{Height: 8, Width: 8, Pictures: pictures.Options{Filter: pictures.Nearest, Preset: pictures.None}}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = r.File(ctx, make([]float32, 8*8*3), pipe)
	require.ErrorIs(t, err, ctx.Err())
}

func TestAPipeInPlaceOfADriversManifestIsNotReadFrom(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "icd.json")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	t.Setenv("VK_ICD_FILENAMES", pipe)
	r := vkeras(t, nil, "classify", "--device", "0", oneHand(t))
	require.Equal(t, failed, r.status)
	require.Contains(t, r.stderr, pipe+" is no regular file")
}

package main

import (
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/shaders"
	"github.com/vkeras/vkeras/validate"
)

const (
	small      = "../../testdata/keras/exercise_small_keras3/model.keras"
	smallInput = "../../testdata/keras/exercise_small_keras3/input.npy"
	wrongCode  = "../../validate/testdata/faulty/spirv"
)

func wrong(fault string) string {
	kernel, _, _ := strings.Cut(fault, ".")
	return kernel + "=" + filepath.Join(wrongCode, fault+".spv")
}

// validated runs validate --json.
func validated(t *testing.T, args ...string) (int, validationJSON) {
	t.Helper()
	r := vkeras(t, nil, append([]string{"validate", "--json"}, args...)...)
	var out validationJSON
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &out), r.stderr)
	require.Equal(t, "vkeras.validate/1", out.Schema)
	require.Equal(t, r.status == ok, out.Passed)
	return r.status, out
}

func TestValidateFindsNothingWrongWithTheDemoModel(t *testing.T) {
	r := vkeras(t, nil, "validate", "--planned", filepath.Join(samples, "two_1.png"))
	require.Equal(t, ok, r.status, r.stderr)
	require.Contains(t, r.stdout, "are right, alone and in their place")
	require.Contains(t, r.stderr, "1 pictures (--resize nearest, --preset exercise)")
	for line := range strings.Lines(r.stdout) {
		require.LessOrEqual(t, utf8.RuneCountInString(line), 115, line)
	}
	for _, column := range []string{"layer", "kind", "kernel", "shape", "max", "max/rms", "NMSE", "cosine", "drift", "verdict"} {
		require.Contains(t, r.stdout, column)
	}
}

func TestValidateNamesTheWrongLayersAndWhy(t *testing.T) {
	folder := t.TempDir()
	r := vkeras(t, nil, "validate", "--model", small, "--spirv", wrong("conv2d.bounds_off_by_one"), "--failed", "--heat", folder)
	require.Equal(t, failed, r.status)
	require.Regexp(t, `res2a_branch2b is wrong: res2a_branch2b by kernel conv2d\n`, r.stdout)
	require.Regexp(t, `where +border: row 0 and rows \d+ and \d+\n`, r.stdout)
	require.Regexp(t, `usual cause +Padding: off by one`, r.stdout)
	require.Regexp(t, `allowed +NMSE .* fp32, \d+ roundings an element`, r.stdout)
	require.Regexp(t, `would pass +NMSE`, r.stdout)
	require.Regexp(t, `worst +\(\d+, \d+, \d+, \d+\): got \S+, want \S+, [\d,]+ ULP apart`, r.stdout)
	require.Regexp(t, `Kernel conv2d: \d+ of its \d+ layers wrong`, r.stdout)
	require.Contains(t, r.stdout, "Not timed")
	require.NotRegexp(t, `(?m)  ok$`, r.stdout, "--failed")
	for line := range strings.Lines(r.stdout) {
		require.LessOrEqual(t, utf8.RuneCountInString(line), 110, line)
	}
	f, err := os.Open(filepath.Join(folder, "res2a_branch2b.png"))
	require.NoError(t, err)
	defer f.Close()
	_, err = png.Decode(f)
	require.NoError(t, err)
}

func TestValidateTimesCodeThatIsRight(t *testing.T) {
	k, found := shaders.Named("conv2d")
	require.True(t, found)
	own, err := k.SPIRV()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "mine.spv")
	require.NoError(t, os.WriteFile(file, own, 0o644))
	args := []string{"--model", small, "--spirv", "conv2d=" + file, "--runs", "3"}
	status, out := validated(t, args...)
	require.Equal(t, ok, status)
	require.Len(t, out.Timings, 1)
	timing := out.Timings[0]
	require.Equal(t, "conv2d", timing.Kernel)
	require.Positive(t, timing.Steps)
	for _, s := range []validate.Spread{timing.BuiltIn, timing.Own, timing.Ratio} {
		require.Positive(t, s.Min)
		require.True(t, s.Min <= s.Low && s.Low <= s.Median && s.Median <= s.High && s.High <= s.Max, "%+v", s)
	}
	r := vkeras(t, nil, append([]string{"validate", "--top", "1"}, args...)...)
	require.Equal(t, ok, r.status, r.stderr)
	require.Regexp(t, `conv2d, batch 2: (its \d+ steps by the device's clock|whole runs, for the device has no timestamps), 3 runs of each in turn`, r.stdout)
	require.Regexp(t, `yours / built-in +\d`, r.stdout)
}

// deviceRuns reports whether the default device takes a kernel.
func deviceRuns(t *testing.T, kernel string) bool {
	d, err := gpu.Open(gpu.Default())
	require.NoError(t, err)
	defer d.Close()
	return slices.Contains(d.Kernels(), kernel)
}

func TestValidateTriesKernelsAndBatchesOneByOne(t *testing.T) {
	t.Parallel()
	status, out := validated(t, "--model", small, "--kernel", "all", "--batch", "1,3", "--input", smallInput)
	require.Equal(t, ok, status)
	kernels := map[string][]int{}
	for _, r := range out.Runs {
		kernels[r.Kernel] = append(kernels[r.Kernel], r.Batch)
	}
	expected := []string{"conv2d", "dense", "softmax"}
	if tiles := "conv2d_tiles_32x32"; deviceRuns(t, tiles) {
		expected = append(expected, tiles)
	}
	for _, k := range expected {
		require.Equal(t, []int{1, 3}, kernels[k], k)
	}
	require.Contains(t, out.Skipped, "depthwise_conv2d")
	require.NotContains(t, kernels, "depthwise_conv2d")

	r := vkeras(t, nil, "validate", "--model", small, "--kernel", "softmax,dense", "--batch", "2")
	require.Equal(t, ok, r.status, r.stderr)
	require.Regexp(t, `softmax +fp32 +2 +43 +0 +0 +\S+ +0\.\d+ +ok\n`, r.stdout)
	require.Equal(t, 2, strings.Count(r.stdout, " ok\n"), "a row a run, and no more where all is right")

	r = vkeras(t, nil, "validate", "--model", small, "--batch", "1,2", "--failed", "--spirv", wrong("conv2d.image_distance"))
	require.Equal(t, failed, r.status)
	require.Regexp(t, `conv2d +fp32 +1 +43 +0 +0 .* ok\n`, r.stdout, "one image alone is right")
	require.Regexp(t, `conv2d +fp32 +2 +43 +[1-9]\d* +[1-9]\d* .* FAIL\n`, r.stdout)
	require.Contains(t, r.stdout, "later images: image 1")
}

func TestValidateIsJudgedByKerassArrays(t *testing.T) {
	status, out := validated(t, "--model", small, "--input", smallInput, "--against", "../../testdata/keras/exercise_small_keras3/output.npy")
	require.Equal(t, ok, status)
	require.Equal(t, "output.npy", out.Runs[0].Judge)
	last := out.Runs[0].Layers[len(out.Runs[0].Layers)-1]
	require.Empty(t, last.Judge, "Keras judges the output")
	require.Equal(t, "reference", out.Runs[0].Layers[0].Judge)

	r := vkeras(t, nil, "validate", "--model", small, "--against", "../../testdata/keras/exercise_small_keras3/output.npy")
	require.Equal(t, wrongUsage, r.status)
	require.Contains(t, r.stderr, "holds outputs and no input")
}

func TestValidateHoldsADeviceToAnother(t *testing.T) {
	status, out := validated(t, "--model", small, "--against-device", "0", "--seed", "7")
	require.Equal(t, ok, status)
	require.Equal(t, out.Runs[0].Device, out.Runs[0].Judge)
	require.Contains(t, out.Input, "--seed 7")
}

func TestValidateShowsTheLayersAskedFor(t *testing.T) {
	r := vkeras(t, nil, "validate", "--model", small, "--layers", "res2?_branch2a,fc*")
	require.Equal(t, ok, r.status, r.stderr)
	rows := regexp.MustCompile(`(?m)^(res|fc)\S+`).FindAllString(r.stdout, -1)
	require.Greater(t, len(rows), 2)
	require.NotContains(t, r.stdout, "res2a_branch2b")
	require.NotContains(t, r.stdout, "\nbn_conv1 ")
	r = vkeras(t, nil, "validate", "--model", small, "--top", "2")
	require.Len(t, regexp.MustCompile(`(?m) ok$`).FindAllString(r.stdout, -1), 2)
}

func TestValidateAcceptsATolerance(t *testing.T) {
	status, out := validated(t, "--model", small, "--tolerance", "1e-12")
	require.Equal(t, failed, status)
	require.InDelta(t, 1e-24, float64(out.Runs[0].Layers[1].Cumulative.Tolerance.NMSE), 1e-30)
	tolerance, err := parseTolerance("1e-3, 0.5")
	require.NoError(t, err)
	require.Equal(t, &validate.Tolerance{NMSE: 0.5, MaxOverRMS: 1e-3}, tolerance)
}

func TestValidateRefusesWrongUsage(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text.spv")
	require.NoError(t, os.WriteFile(text, []byte("no code"), 0o644))
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"the reference as the device":  {[]string{"--device", "reference"}, wrongUsage, "what others are held to"},
		"two inputs":                   {[]string{"--input", smallInput, filepath.Join(samples, "two_1.png")}, wrongUsage, "exclude each other"},
		"no images":                    {[]string{"--batch", "0"}, wrongUsage, "1 or more"},
		"no runs":                      {[]string{"--runs", "0"}, wrongUsage, "1 or more"},
		"no tolerance":                 {[]string{"--tolerance", "little"}, wrongUsage, "expected MAX or MAX,NMSE"},
		"a negative tolerance":         {[]string{"--tolerance", "-1"}, wrongUsage, "expected MAX"},
		"code for nothing":             {[]string{"--spirv", "mine.spv"}, wrongUsage, "expected NAME=FILE"},
		"code for no kernel":           {[]string{"--spirv", "conv3d=mine.spv"}, wrongUsage, "no kernel has that name"},
		"no code":                      {[]string{"--spirv", "conv2d=missing.spv"}, failed, "no such file"},
		"text for code":                {[]string{"--spirv", "conv2d=" + text}, failed, "does not begin as SPIR-V"},
		"code of another kernel":       {[]string{"--spirv", "conv2d=" + filepath.Join(wrongCode, "batch_norm.wrong_epsilon.spv")}, failed, "push constant"},
		"no such kernel":               {[]string{"--kernel", "conv3d"}, wrongUsage, "no such kernel"},
		"a kernel that no layer runs":  {[]string{"--kernel", "depthwise_conv2d"}, failed, "no layer runs the kernel depthwise_conv2d"},
		"a layer that is not there":    {[]string{"--layers", "resnet"}, wrongUsage, "no layer has such a name"},
		"a layer beside one":           {[]string{"--layers", "fc6,nolayer"}, wrongUsage, "--layers nolayer: no layer has such a name"},
		"a pattern that is none":       {[]string{"--layers", "[a"}, wrongUsage, "--layers"},
		"an input of another shape":    {[]string{"--input", "../../validate/testdata/output.npy"}, failed, "expected a batch of"},
		"two arrays for one input":     {[]string{"--input", smallInput, "--input", smallInput}, wrongUsage, "the model has 1 inputs"},
		"arrays that are none":         {[]string{"--against", text}, failed, "not a .npz or .npy file"},
		"a judge that is no device":    {[]string{"--against-device", "99"}, wrongUsage, "no such Vulkan device"},
		"two judges":                   {[]string{"--against-device", "0", "--against", "x.npz"}, wrongUsage, "against"},
		"a preset that is none":        {[]string{"--preset", "warm"}, wrongUsage, "--preset"},
		"a picture that is none":       {[]string{"--preset", "none", text}, failed, "text.spv"},
		"fewer than no layers":         {[]string{"--top", "-1"}, wrongUsage, "--top"},
		"a folder that cannot be made": {[]string{"--heat", text + "/maps"}, failed, "--heat"},
	} {
		t.Run(name, func(t *testing.T) {
			r := vkeras(t, nil, append([]string{"validate", "--model", small}, c.args...)...)
			require.Equal(t, c.status, r.status, r.stderr)
			require.Contains(t, r.stderr, c.says)
		})
	}
}

func TestNumbersAreShort(t *testing.T) {
	for v, want := range map[validate.Number]string{0: "0", 1: "1", 0.25: "0.25", 123: "1.2e2", 2.5e-6: "2.5e-6", 1e-13: "1.0e-13", 4e12: "4.0e12"} {
		require.Equal(t, want, short(v, 2))
		require.NotContains(t, short(v, 1), ".5")
	}
	require.Equal(t, "1", cosine(0.99999999))
	require.Equal(t, "0.9998", cosine(0.9998))
	require.Equal(t, "-1.0000", cosine(-1))
	require.Equal(t, "21st", ordinal(21))
	require.Equal(t, "112th", ordinal(112))
}

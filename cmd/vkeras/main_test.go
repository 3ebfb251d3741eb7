package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/doctor"
	"github.com/vkeras/vkeras/internal/kerasdata"
	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/plan"
)

const (
	samples = "../../testdata/demo/pictures"
	model   = "../../testdata/demo/signs_resnet50.h5"
)

// result is what a run of the tool leaves.
type result struct {
	status         int
	stdout, stderr string
}

// vkeras runs the tool.
func vkeras(t *testing.T, stdin io.Reader, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	status := run(t.Context(), args, stdin, &out, &errs)
	return result{status, out.String(), errs.String()}
}

// expectation is testdata/demo/expected.json: what real Keras answers.
type expectation struct {
	Pictures map[string]struct {
		Sign     int       `json:"sign"`
		Size     []int     `json:"size"`
		Nearest  []float32 `json:"nearest"`
		Bilinear []float32 `json:"bilinear"`
	} `json:"pictures"`
}

func expected(t *testing.T) expectation {
	var e expectation
	b, err := os.ReadFile("../../testdata/demo/expected.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &e))
	return e
}

// classified is what classify --json writes.
type classified struct {
	Schema, Model, Device, Resize, Preset, Score string
	Pictures                                     []classify.Picture
	Failed                                       []classify.Failure
}

func TestClassifyGivesKerassAnswersForTheSamples(t *testing.T) {
	t.Parallel()
	want := expected(t)
	devices := []string{"", "reference"}
	if optest.Race {
		devices = devices[:1] // the reference takes minutes then, and has tests of its own
	}
	for _, device := range devices {
		for _, filter := range []string{"nearest", "bilinear"} {
			t.Run(filter+" on "+device, func(t *testing.T) {
				r := vkeras(t, nil, "classify", "--json", "--top", "6", "--device", device, "--resize", filter, samples)
				require.Equal(t, ok, r.status, r.stderr)
				var got classified
				require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
				require.Len(t, got.Pictures, len(want.Pictures))
				require.Equal(t, "exercise", got.Preset)
				require.Equal(t, "probability", got.Score)
				for _, a := range got.Pictures {
					w := want.Pictures["pictures/"+filepath.Base(a.File)]
					require.Equal(t, w.Size, []int{a.Width, a.Height}, a.File)
					keras, near := w.Nearest, 1e-4
					if filter == "bilinear" {
						keras = w.Bilinear
					}
					if strings.HasSuffix(a.File, ".jpg") {
						near = 2e-2 // decoders of JPEG differ by a few levels
					}
					require.Equal(t, w.Sign, a.Classes[0].Index, a.File)
					for _, c := range a.Classes {
						require.InDelta(t, keras[c.Index], c.Score, near, "%s, class %d", a.File, c.Index)
					}
				}
			})
		}
	}
}

func TestClassifyWritesATableAndCSV(t *testing.T) {
	picture := filepath.Join(samples, "two_1.png")
	r := vkeras(t, nil, "classify", picture)
	require.Equal(t, ok, r.status, r.stderr)
	require.Regexp(t, `two_1\.png +2 +\d+\.\d\d %`, r.stdout)
	require.Contains(t, r.stderr, "--preset exercise")
	require.Contains(t, r.stderr, "--resize nearest")

	r = vkeras(t, nil, "classify", "--csv", "--top", "2", "--quiet", "--device", "reference", picture)
	require.Equal(t, ok, r.status)
	require.Empty(t, r.stderr)
	rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"file", "rank", "index", "label", "probability"}, rows[0])
	require.Len(t, rows, 3)
	require.Equal(t, []string{picture, "1", "2", "2"}, rows[1][:4])
}

func TestClassifyReadsStandardInput(t *testing.T) {
	f, err := os.Open(filepath.Join(samples, "five_2.png"))
	require.NoError(t, err)
	defer f.Close()
	r := vkeras(t, f, "classify", "-")
	require.Equal(t, ok, r.status, r.stderr)
	require.Regexp(t, `standard input +5 `, r.stdout)
}

func TestAPictureThatIsNoneLeavesTheOthers(t *testing.T) {
	folder := t.TempDir()
	for i, name := range []string{"one_1.png", "two_1.png"} {
		b, err := os.ReadFile(filepath.Join(samples, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, string(rune('a'+2*i))+".png"), b, 0o644))
	}
	bad := filepath.Join(folder, "b.png")
	require.NoError(t, os.WriteFile(bad, []byte("no picture at all"), 0o644))
	missing := filepath.Join(folder, "z.png")
	r := vkeras(t, nil, "classify", "--json", "--device", "reference", folder, missing)
	require.Equal(t, failed, r.status)
	var got classified
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
	require.Len(t, got.Pictures, 2)
	require.Equal(t, []int{1, 2}, []int{got.Pictures[0].Classes[0].Index, got.Pictures[1].Classes[0].Index})
	require.Len(t, got.Failed, 2)
	require.Equal(t, bad, got.Failed[0].File)
	require.Contains(t, r.stderr, "vkeras: "+bad+": not a readable picture")
	require.Contains(t, r.stderr, "vkeras: "+missing+": no such file or directory")
}

func TestPredictMatchesClassify(t *testing.T) {
	folder := t.TempDir()
	in, out := filepath.Join(folder, "x.npy"), filepath.Join(folder, "y.npy")
	var file bytes.Buffer
	require.NoError(t, npy.Write(&file, []int{3, 64, 64, 3}, make([]float32, 3*64*64*3)))
	require.NoError(t, os.WriteFile(in, file.Bytes(), 0o644))
	r := vkeras(t, nil, "predict", "--input", in, "--output", out, "--batch", "2")
	require.Equal(t, ok, r.status, r.stderr)
	require.Empty(t, r.stdout)
	require.Regexp(t, `(?m)^3 inputs of \(64, 64, 3\) on .* \((discrete GPU|integrated GPU|virtual GPU|CPU|native)\), precision fp32$`, r.stderr)
	first, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Contains(t, string(first[:80]), "'shape': (3, 6,)")
	require.Len(t, first, 128+4*3*6)
	r = vkeras(t, bytes.NewReader(file.Bytes()), "predict", "--input", "-", "--output", "-", "--batch", "2")
	require.Equal(t, ok, r.status, r.stderr)
	require.Equal(t, string(first), r.stdout)
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, left, 2, "no temporary file stays")
}

// npyFile writes an array of zeros.
func npyFile(t *testing.T, dtype, shape string, bytes int) string {
	header := "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': " + shape + ", }"
	header += strings.Repeat(" ", 117-len(header)) + "\n"
	name := filepath.Join(t.TempDir(), "x.npy")
	require.NoError(t, os.WriteFile(name, append([]byte("\x93NUMPY\x01\x00\x76\x00"+header), make([]byte, bytes)...), 0o644))
	return name
}

func TestBadInputGetsOneClearLine(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
		return name
	}
	real, err := os.ReadFile(model)
	require.NoError(t, err)
	picture := filepath.Join(samples, "one_1.png")
	y := filepath.Join(folder, "y.npy")
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"no command's name":             {[]string{"clasify"}, wrongUsage, `unknown command "clasify"`},
		"no picture":                    {[]string{"classify"}, wrongUsage, "requires at least 1 arg"},
		"an unknown flag":               {[]string{"classify", "--tops", "3", picture}, wrongUsage, "unknown flag: --tops"},
		"a flag of no sense":            {[]string{"classify", "--top", "0", picture}, wrongUsage, "--top 0"},
		"a batch of no sense":           {[]string{"classify", "--batch", "0", picture}, wrongUsage, "--batch 0"},
		"two formats":                   {[]string{"classify", "--json", "--csv", picture}, wrongUsage, "[csv json]"},
		"an unknown preset":             {[]string{"classify", "--preset", "vgg", picture}, wrongUsage, `"vgg"`},
		"an unknown filter":             {[]string{"classify", "--resize", "area", picture}, wrongUsage, `"area"`},
		"an unknown device":             {[]string{"classify", "--device", "voodoo", picture}, wrongUsage, `no such Vulkan device: "voodoo"`},
		"a GPU and the reference":       {[]string{"classify", "--device", "reference", "--require-gpu", picture}, wrongUsage, "exclude each other"},
		"an empty folder":               {[]string{"classify", t.TempDir()}, failed, "no picture in this folder"},
		"a pattern without a match":     {[]string{"classify", "nowhere/*.png"}, failed, "nowhere/*.png: no file matches"},
		"a missing model":               {[]string{"classify", "--model", "none.h5", picture}, failed, "none.h5: no such file"},
		"an empty model":                {[]string{"classify", "--model", write("empty.h5", ""), picture}, failed, "empty.h5"},
		"a model of another kind":       {[]string{"summary", write("text.h5", "hello, I am a text file, not a model at all")}, failed, "text.h5"},
		"a truncated model":             {[]string{"summary", write("cut.h5", string(real[:len(real)/2]))}, failed, "cut.h5"},
		"missing labels":                {[]string{"classify", "--labels", "none.txt", picture}, failed, "--labels"},
		"labels of another model":       {[]string{"classify", "--labels", write("labels.txt", "cat\ndog\n"), picture}, failed, "expected 6 names, one a class, found 2"},
		"an unknown architecture":       {[]string{"summary", "--model", model, "--architecture", "vgg11"}, wrongUsage, `"vgg11"; known are`},
		"a config and an architecture":  {[]string{"summary", "--model", model, "--architecture", "resnet50", "--config", "c.json"}, wrongUsage, "exclude each other"},
		"a size of no sense":            {[]string{"summary", "--input-size", "224", model}, wrongUsage, "expected HxW"},
		"no input":                      {[]string{"predict"}, wrongUsage, "--input and --output"},
		"a missing input":               {[]string{"predict", "--input", "none.npy", "--output", y}, failed, "none.npy: no such file"},
		"an input that is no array":     {[]string{"predict", "--input", picture, "--output", y}, failed, "not a .npy file"},
		"an array of another shape":     {[]string{"predict", "--input", npyFile(t, "<f4", "(1, 32, 32, 3)", 32*32*12), "--output", y}, failed, "expected shape (N, 64, 64, 3), found (1, 32, 32, 3)"},
		"an array of another type":      {[]string{"predict", "--input", npyFile(t, "<i8", "(1, 64, 64, 3)", 64*64*24), "--output", y}, failed, `found dtype "<i8"`},
		"an array that is cut":          {[]string{"predict", "--input", npyFile(t, "<f4", "(2, 64, 64, 3)", 99), "--output", y}, failed, "ends before its array of shape (2, 64, 64, 3) does"},
		"an array that claims too much": {[]string{"predict", "--input", npyFile(t, "<f4", "(99999999999, 64, 64, 3)", 99), "--output", y}, failed, "ends before"},
		"an output that cannot be":      {[]string{"predict", "--input", npyFile(t, "<f4", "(1, 64, 64, 3)", 64*64*12), "--output", "no/such/folder/y.npy"}, failed, "no/such/folder"},
	} {
		t.Run(name, func(t *testing.T) {
			r := vkeras(t, nil, c.args...)
			require.Equal(t, c.status, r.status, r.stderr)
			require.Contains(t, r.stderr, c.says)
			require.Empty(t, r.stdout)
			require.NoFileExists(t, y)
			lines := strings.Split(strings.TrimSpace(r.stderr), "\n")
			said := 0
			for _, l := range lines {
				if strings.HasPrefix(l, "vkeras: ") && !strings.Contains(l, "no GPU was found") {
					said++
				}
			}
			require.Equal(t, 1, said, r.stderr)
		})
	}
}

func TestWithoutAVulkanDriverTheProcessorComputesAndOneLineSaysWhy(t *testing.T) {
	for _, variable := range []string{"VK_ICD_FILENAMES", "VK_DRIVER_FILES", "VK_ADD_DRIVER_FILES"} {
		t.Setenv(variable, "") // which brings it back
		os.Unsetenv(variable)
	}
	for _, variable := range []string{"XDG_DATA_DIRS", "XDG_CONFIG_DIRS", "XDG_DATA_HOME", "XDG_CONFIG_HOME"} { // where the loader looks
		t.Setenv(variable, t.TempDir())
	}
	picture := filepath.Join(samples, "one_1.png")
	r := vkeras(t, nil, "devices")
	require.Equal(t, ok, r.status, r.stderr)
	require.Contains(t, r.stdout, "*  cpu")
	require.Contains(t, r.stderr, "apt install libvulkan1 mesa-vulkan-drivers")
	for _, args := range [][]string{{"classify", picture}, {"plan"}, {"profile", "--runs", "1"}} {
		r := vkeras(t, nil, args...)
		require.Equal(t, ok, r.status, r.stderr)
		require.Equal(t, 1, strings.Count(r.stderr, "no Vulkan driver was found"), r.stderr)
	}
	r = vkeras(t, nil, "classify", "--require-gpu", picture)
	require.Equal(t, failed, r.status)
	require.Contains(t, r.stderr, "no Vulkan driver was found")
	require.Contains(t, r.stderr, "apt install libvulkan1 mesa-vulkan-drivers")
	for _, device := range []string{"cpu", "reference"} {
		r = vkeras(t, nil, "classify", "--device", device, picture)
		require.Equal(t, ok, r.status, r.stderr)
		require.NotContains(t, r.stderr, "Vulkan")
		require.Contains(t, r.stdout, "one_1.png")
	}
}

func TestAnInterruptEndsARun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	status := run(ctx, []string{"classify", samples}, nil, &out, &errs)
	require.Equal(t, interrupted, status)
	require.Contains(t, errs.String(), "vkeras: interrupted\n")
	require.Empty(t, out.String())
}

func TestSummaryAddsUp(t *testing.T) {
	r := vkeras(t, nil, "summary", "--json", model)
	require.Equal(t, ok, r.status, r.stderr)
	var s summaryJSON
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &s))
	var params, macs int64
	for _, l := range s.Layers {
		params += l.Params
		macs += l.MACs
	}
	require.Equal(t, s.Totals.Params, params)
	require.Equal(t, s.Totals.MACs, macs)
	const convolutions, dense = 308_166_656, 6 * 2048 * 1 // He et al.'s network at 64 x 64, as counted by hand
	require.EqualValues(t, convolutions+dense, s.Totals.MACs)

	r = vkeras(t, nil, "summary")
	require.Equal(t, ok, r.status, r.stderr)
	require.Contains(t, r.stdout, "Multiply-accumulates for one image: 308,178,944")
	require.Contains(t, r.stdout, "(None, 15, 15, 256)")
}

func TestPlanCountsWhatDemandSaves(t *testing.T) {
	r := vkeras(t, nil, "plan", "--json", "--merge")
	require.Equal(t, ok, r.status, r.stderr)
	var p plan.Description
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &p))
	const dense = 6 * 2048
	require.Len(t, p.Passes, 5)
	require.EqualValues(t, 308_166_656+dense, p.Passes[0].MACs)
	require.EqualValues(t, 278_553_792+dense, p.Passes[3].MACs, "the convolutions of stages 2 to 4's last blocks on a quarter of the positions, conv1 without its last row and column")
	require.Less(t, p.Arena, p.Apart)
	require.LessOrEqual(t, p.Peak, p.Arena)
	for i, pass := range p.Passes[1:] {
		require.Less(t, pass.Moved, p.Passes[i].Moved, "each pass moves less")
	}
	last := p.Passes[len(p.Passes)-1]
	require.Len(t, p.Steps, last.Steps)
	var macs, moved int64
	for _, s := range p.Steps {
		macs += s.MACs
		moved += s.Bytes
		require.NotEmpty(t, s.Kernels, s.Name)
	}
	require.Equal(t, []int64{last.MACs, last.Moved}, []int64{macs, moved})

	r = vkeras(t, nil, "plan", "--dot")
	require.Equal(t, ok, r.status)
	require.True(t, strings.HasPrefix(r.stdout, "digraph"))
	r = vkeras(t, nil, "plan", "--no-demand")
	require.Equal(t, ok, r.status)
	require.NotContains(t, r.stdout, " of (")
}

func TestEveryPassCanBeLeftOut(t *testing.T) {
	for _, pass := range []string{"fold", "fuse", "merge", "demand"} {
		r := vkeras(t, nil, "plan", "--json", "--device", "reference", "--no-"+pass)
		require.Equal(t, ok, r.status, r.stderr)
		var p plan.Description
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &p))
		require.Len(t, p.Passes, 4)
		for _, stage := range p.Passes {
			require.NotEqual(t, pass, stage.After)
		}
	}
	for command, pass := range map[string]string{"profile": "demand", "bench": "fuse"} {
		r := vkeras(t, nil, command, "--json", "--runs", "1", "--batch", "1", "--no-"+pass)
		require.Equal(t, ok, r.status, r.stderr)
	}
	r := vkeras(t, nil, "plan", "--merge", "--no-merge")
	require.Equal(t, wrongUsage, r.status)
}

func TestDevicesVersionAndHelp(t *testing.T) {
	r := vkeras(t, nil, "devices", "--json")
	require.Equal(t, ok, r.status, r.stderr)
	var d struct {
		Devices []doctor.Description
		CPU     processorJSON
	}
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &d))
	require.NotEmpty(t, d.Devices)
	defaults := 0
	for _, x := range d.Devices {
		if x.Default {
			defaults++
		}
	}
	if d.CPU.Default {
		defaults++
	}
	require.Equal(t, 1, defaults)
	require.Equal(t, cpu.Host().Kernels, d.CPU.Kernels)
	r = vkeras(t, nil, "devices")
	require.Equal(t, ok, r.status)
	require.Contains(t, r.stdout, d.Devices[0].Name)
	require.Contains(t, vkeras(t, nil, "version").stdout, "vkeras ")
	for _, args := range [][]string{{"--help"}, {"classify", "--help"}, {"help", "predict"}, {"completion", "bash"}} {
		r := vkeras(t, nil, args...)
		require.Equal(t, ok, r.status)
		require.NotEmpty(t, r.stdout)
	}
}

func TestWeightsThatAreNotFiniteAreSaid(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.h5")
	require.NoError(t, os.WriteFile(broken, kerasdata.WithNaN(t, model), 0o644))
	says := func(stderr string) {
		t.Helper()
		require.Regexp(t, `broken\.h5: WEIGHTS ARE NOT FINITE: Conv2D "\w+": kernel of shape \(.*\): \d+ NaN, 0 infinite`, stderr)
	}
	for _, device := range []string{"reference", "0"} {
		r := vkeras(t, nil, "classify", "--model", broken, "--device", device, filepath.Join(samples, "two_3.jpg"))
		require.Equal(t, ok, r.status, r.stderr)
		says(r.stderr)
	}
	_, log, end := serving(t, "--model", "broken="+broken)
	require.Equal(t, ok, end())
	says(strings.ReplaceAll(log.String(), `\"`, `"`))
}

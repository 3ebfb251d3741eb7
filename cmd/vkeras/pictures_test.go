package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/internal/kerasdata"
	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

func TestDumpInputIsWhatTheNetGot(t *testing.T) {
	folder := t.TempDir()
	x, y := filepath.Join(folder, "x.npy"), filepath.Join(folder, "y.npy")
	broken := filepath.Join(folder, "broken.png")
	require.NoError(t, os.WriteFile(broken, []byte("no picture at all"), 0o644))
	var files []string
	for _, name := range []string{"one_1.png", "two_1.png", "three_3.jpg", "five_2.png"} {
		files = append(files, filepath.Join(samples, name))
	}
	args := append([]string{"classify", "--json", "--top", "6", "--batch", "2", "--device", "reference", "--dump-input", x, broken}, files...)
	r := vkeras(t, nil, args...)
	require.Equal(t, failed, r.status, "broken.png")
	var got classified
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
	require.Len(t, got.Pictures, len(files))

	input := kerasdata.ReadNPY(t, x)
	require.Equal(t, nn.Shape{len(files), 64, 64, 3}, input.Shape)
	for i, file := range files {
		f, err := os.Open(file)
		require.NoError(t, err)
		want := make([]float32, 64*64*3)
		_, err = pictures.Tensor(want, f, 64, 64, pictures.Options{Preset: pictures.Exercise})
		require.NoError(t, err)
		f.Close()
		require.Equal(t, want, input.Image(i), file)
	}
	r = vkeras(t, nil, "predict", "--device", "reference", "--input", x, "--output", y)
	require.Equal(t, ok, r.status, r.stderr)
	output := kerasdata.ReadNPY(t, y)
	for i, a := range got.Pictures {
		for _, c := range a.Classes {
			require.Equal(t, c.Score, output.Image(i)[c.Index], a.File)
		}
	}
}

func TestDumpInputThatFailsLeavesWhatWasThere(t *testing.T) {
	folder := t.TempDir()
	x := filepath.Join(folder, "x.npy")
	require.NoError(t, os.WriteFile(x, []byte("before"), 0o644))
	r := vkeras(t, nil, "classify", "--dump-input", x, "--device", "reference", "--labels", "none.txt", samples)
	require.Equal(t, failed, r.status)
	left, err := os.ReadFile(x)
	require.NoError(t, err)
	require.Equal(t, "before", string(left))
	r = vkeras(t, nil, "classify", "--dump-input", filepath.Join(folder, "no", "x.npy"), "--device", "reference", filepath.Join(samples, "one_1.png"))
	require.Equal(t, failed, r.status)
	require.Contains(t, r.stderr, "--dump-input")
	r = vkeras(t, nil, "classify", "--dump-input", "-", "--device", "reference", filepath.Join(samples, "one_1.png"))
	require.Equal(t, wrongUsage, r.status)
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, files, 1, "no temporary file stays")
}

func TestClassifyStatesAllThatIsDoneToAPicture(t *testing.T) {
	picture := filepath.Join(samples, "one_1.png")
	for _, p := range pictures.Presets() {
		r := vkeras(t, nil, "classify", "--json", "--device", "reference", "--preset", string(p), "--resize", "tf-bilinear", "--exif", "--max-pixels", "70000", picture)
		require.Equal(t, ok, r.status, r.stderr)
		var got struct{ Preprocessing classify.Preprocessing }
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
		low, high := p.Range()
		decoder, _ := pictures.AutoDecoder.JPEG()
		require.Equal(t, classify.Preprocessing{
			Resize: "tf-bilinear", ResizeCall: `tf.image.resize(method="bilinear")`, Width: 64, Height: 64, EXIF: true, MaxPixels: 70000, Decoder: decoder,
			Preset: string(p), PresetCall: p.Equals(), PresetWhy: "--preset says so", Scaling: p.Scaling(), Low: low, High: high,
		}, got.Preprocessing)
		require.Equal(t, p != pictures.Exercise, strings.Contains(r.stderr, "that is --preset exercise, from 0 to 1"), r.stderr)
	}
	r := vkeras(t, nil, "classify", "--json", "--device", "reference", picture)
	require.Equal(t, ok, r.status, r.stderr)
	require.Contains(t, r.stdout, `"preset_why": "the net is exercise,`)
	require.Contains(t, r.stdout, `"divide": 255`)
}

func TestAPresetThatCannotFitIsDoubted(t *testing.T) {
	imagenet := resnet.Known{Preset: pictures.Caffe, Why: "the net is resnet50"}
	require.Equal(t, "--preset exercise gives the net values from 0 to 1, but the net is resnet50: that is --preset caffe, from -123.68 to 151.061", doubtPreset(pictures.Exercise, imagenet))
	require.Empty(t, doubtPreset(pictures.Caffe, imagenet))
	require.Empty(t, doubtPreset(pictures.Exercise, resnet.Known{}))
}

func TestPredictDoubtsInputsThatWereNotScaled(t *testing.T) {
	folder := t.TempDir()
	x, y := filepath.Join(folder, "x.npy"), filepath.Join(folder, "y.npy")
	for name, c := range map[string]struct {
		scale    float32
		doubtful bool
	}{"0 to 1": {1, false}, "0 to 255": {255, true}} {
		t.Run(name, func(t *testing.T) {
			f, err := os.Create(x)
			require.NoError(t, err)
			values := make([]float32, 64*64*3)
			for i := range values {
				values[i] = c.scale * float32(i%256) / 255
			}
			require.NoError(t, npy.Write(f, nn.Shape{1, 64, 64, 3}, values))
			require.NoError(t, f.Close())
			r := vkeras(t, nil, "predict", "--device", "reference", "--input", x, "--output", y)
			require.Equal(t, ok, r.status, r.stderr)
			require.Equal(t, c.doubtful, strings.Contains(r.stderr, "the values go from 0 to 255, those of preset exercise from 0 to 1"), r.stderr)
		})
	}
}

func TestPicturesBeyondTheLimitAreRefused(t *testing.T) {
	picture := filepath.Join(samples, "three_3.jpg")
	r := vkeras(t, nil, "classify", "--device", "reference", "--max-pixels", "65535", picture)
	require.Equal(t, failed, r.status)
	require.Contains(t, r.stderr, "picture too large: 256 x 256 pixels, limit 65535 (--max-pixels raises it)")
	r = vkeras(t, nil, "classify", "--device", "reference", "--max-pixels", "65536", picture)
	require.Equal(t, ok, r.status, r.stderr)
	r = vkeras(t, nil, "classify", "--max-pixels", "0", picture)
	require.Equal(t, wrongUsage, r.status)
}

func TestTheDecoderIsChosenAndTold(t *testing.T) {
	picture := filepath.Join(samples, "three_3.jpg") // 256 x 256
	var got struct {
		Preprocessing classify.Preprocessing
		Pictures      []classify.Picture
	}
	classify := func(args ...string) {
		t.Helper()
		r := vkeras(t, nil, append(append([]string{"classify", "--json", "--device", "reference"}, args...), picture)...)
		require.Equal(t, ok, r.status, r.stderr)
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
	}
	classify("--decoder", "go")
	require.Equal(t, "Go", got.Preprocessing.Decoder)
	require.Equal(t, "Go", got.Pictures[0].Decoder)
	require.False(t, got.Preprocessing.FastJPEG)

	library, err := pictures.TurboDecoder.JPEG()
	if err != nil {
		r := vkeras(t, nil, "classify", "--decoder", "turbojpeg", picture)
		require.Equal(t, failed, r.status)
		require.Contains(t, r.stderr, "--decoder turbojpeg: no such decoder here: libjpeg-turbo was not found")
		r = vkeras(t, nil, "classify", "--device", "reference", "--fast-jpeg", picture)
		require.Equal(t, ok, r.status, r.stderr)
		require.Contains(t, r.stderr, "--fast-jpeg does nothing: ")
		return
	}
	for _, name := range []string{"auto", "turbojpeg"} {
		classify("--decoder", name, "--fast-jpeg")
		require.Equal(t, library, got.Preprocessing.Decoder)
		require.Equal(t, library, got.Pictures[0].Decoder)
		require.True(t, got.Preprocessing.FastJPEG)
		require.Equal(t, []int{4, 64, 64}, []int{got.Pictures[0].Shrunk, got.Pictures[0].Width, got.Pictures[0].Height})
	}
}

func TestEveryCommandThatReadsPicturesTakesADecoder(t *testing.T) {
	picture := filepath.Join(samples, "three_3.jpg")
	for name, args := range map[string][]string{
		"classify": {picture}, "heat": {picture}, "maps": {picture}, "decode": {picture, "--size", "8x8", "--out", t.TempDir()},
		"worker": {}, "serve": {}, "validate": {picture}, "study": {"--no-device"},
	} {
		t.Run(name, func(t *testing.T) {
			r := vkeras(t, nil, append([]string{name, "--decoder", "pillow"}, args...)...)
			require.Equal(t, wrongUsage, r.status, r.stderr)
			require.Contains(t, r.stderr, `--decoder: unknown decoder "pillow": have auto, go, turbojpeg`)
			if name == "validate" || name == "study" { // which are exact, or show
				return
			}
			r = vkeras(t, nil, append([]string{name, "--decoder", "go", "--fast-jpeg"}, args...)...)
			require.Equal(t, wrongUsage, r.status, r.stderr)
			require.Contains(t, r.stderr, "--fast-jpeg: --decoder go decodes whole pictures alone")
		})
	}
}

func TestImageNetsNamesComeFromKerassFolder(t *testing.T) {
	home := t.TempDir()
	t.Setenv("KERAS_HOME", home)
	g, err := resnet.Build("resnet50", resnet.Options{})
	require.NoError(t, err)
	name := func(k *pictureInput) (string, string) {
		var said strings.Builder
		k.tool, k.maxPixels = &tool{stderr: &said}, 1
		require.NoError(t, k.prepare(&loader.Model{Graph: g}, "resnet50"))
		require.Len(t, k.Labels, 1000)
		return k.Labels[7], said.String()
	}
	label, said := name(&pictureInput{})
	require.Equal(t, "class 7", label)
	require.Contains(t, said, "imagenet_class_index.json")

	index := map[int][]string{}
	for i := range 1000 {
		index[i] = []string{"n0", "thing " + string(rune('a'+i%26))}
	}
	text, err := json.Marshal(index)
	require.NoError(t, err)
	file := filepath.Join(home, "models", "imagenet_class_index.json")
	require.NoError(t, os.Mkdir(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, text, 0o644))
	label, said = name(&pictureInput{})
	require.Equal(t, "thing h", label)
	require.Equal(t, "labels: "+file+"\n", said)

	lines := filepath.Join(home, "names.txt")
	require.NoError(t, os.WriteFile(lines, []byte(strings.Repeat("one\n", 1000)), 0o644))
	label, said = name(&pictureInput{labelFile: lines, context: t.Context})
	require.Equal(t, "one", label)
	require.Empty(t, said)

	require.NoError(t, os.WriteFile(file, text[:len(text)/2], 0o644))
	label, said = name(&pictureInput{})
	require.Equal(t, "class 7", label)
	require.Contains(t, said, "not used")
}

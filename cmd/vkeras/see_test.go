package main

import (
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMapsDrawsASheetABlock(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "sheets")
	picture := filepath.Join(samples, "three_1.png")
	type report struct {
		Schema string
		Sheets []sheetJSON
	}
	values := map[string]report{}
	for _, device := range []string{"", "reference"} {
		r := vkeras(t, nil, "maps", "--json", "--block", "res2a,res5c", "--layer", "conv1", "--columns", "8", "--cell", "30", "--out", folder, "--device", device, picture)
		require.Equal(t, ok, r.status, r.stderr)
		var got report
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
		require.Equal(t, "vkeras.maps/1", got.Schema)
		require.Len(t, got.Sheets, 3)
		values[device] = got
	}
	got := values[""]
	require.Equal(t, filepath.Join(folder, "three_1.res2a.png"), got.Sheets[0].File)
	require.EqualValues(t, []int{15, 15, 256}, got.Sheets[0].Shape)
	require.Zero(t, got.Sheets[0].Min, "a block ends in a rectifier")
	require.Negative(t, got.Sheets[2].Min, "conv1 does not")
	for i, s := range got.Sheets {
		want := values["reference"].Sheets[i]
		require.InEpsilon(t, want.Max, s.Max, 1e-4, s.Name)
		require.InDelta(t, want.Zero, s.Zero, 1e-3, s.Name)
	}
	f, err := os.Open(got.Sheets[0].File)
	require.NoError(t, err)
	defer f.Close()
	sheet, err := png.Decode(f)
	require.NoError(t, err)
	require.Equal(t, 8*(2*15+2)-2, sheet.Bounds().Dx())
	require.Equal(t, 32*(2*15+2)-2, sheet.Bounds().Dy())
}

func TestMapsWithoutANameDrawsEveryBlock(t *testing.T) {
	r := vkeras(t, nil, "maps", "--quiet", "--cell", "1", "--out", t.TempDir(), filepath.Join(samples, "one_1.png"))
	require.Equal(t, ok, r.status, r.stderr)
	require.Len(t, strings.Split(strings.TrimSpace(r.stdout), "\n"), 2+17, "conv1 and 16 residual blocks below the headings")
}

func TestHeatSaysWhatItDid(t *testing.T) {
	folder := t.TempDir()
	picture := filepath.Join(samples, "three_3.jpg")
	heat := func(args ...string) heatJSON {
		r := vkeras(t, nil, append([]string{"heat", "--json", "--out", folder}, args...)...)
		require.Equal(t, ok, r.status, r.stderr)
		var got struct {
			Schema   string
			Pictures []heatJSON
		}
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
		require.Equal(t, "vkeras.heat/1", got.Schema)
		require.Len(t, got.Pictures, 1)
		return got.Pictures[0]
	}
	cam := heat("--method", "cam", picture)
	require.Equal(t, 3, cam.Class)
	require.Greater(t, cam.Score, float32(0.9))
	require.Equal(t, [2]int{2, 2}, cam.Shape)
	require.Contains(t, cam.Method, "exact")
	require.FileExists(t, filepath.Join(folder, "three_3.heat.png"))

	covered := heat("--patch", "64", "--class", "2", picture)
	require.Equal(t, 2, covered.Class)
	require.Equal(t, [2]int{64, 64}, covered.Shape)
	require.Contains(t, covered.Method, "squares of 64 x 64")
}

func TestHeatDrawsInTheTerminalWhenAsked(t *testing.T) {
	r := vkeras(t, nil, "heat", "--show", "--quiet", "--method", "cam", "--out", t.TempDir(), filepath.Join(samples, "one_1.png"))
	require.Equal(t, ok, r.status, r.stderr)
	require.Equal(t, 48*24, strings.Count(r.stdout, "▀"), "48 columns of a square picture, two pixels a character")
}

func TestMapsAndHeatRefuseWhatIsNotThere(t *testing.T) {
	picture := filepath.Join(samples, "one_1.png")
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"an unknown block":      {[]string{"maps", "--block", "res9z", picture}, wrongUsage, "--block res9z: no such block; there is conv1, res2a"},
		"an unknown layer":      {[]string{"maps", "--layer", "conv9", picture}, wrongUsage, "--layer conv9: no such layer"},
		"a vector":              {[]string{"maps", "--layer", "fc6", picture}, wrongUsage, "no feature map"},
		"no picture":            {[]string{"maps", "none.png"}, failed, "none.png: no such file"},
		"an unknown method":     {[]string{"heat", "--method", "gradcam", picture}, wrongUsage, `--method "gradcam"`},
		"an unknown class":      {[]string{"heat", "--class", "seven", picture}, wrongUsage, `--class "seven"`},
		"a patch of no sense":   {[]string{"heat", "--patch", "-1", picture}, wrongUsage, "--patch"},
		"a picture that is not": {[]string{"heat", "--out", t.TempDir(), "none.png"}, failed, "none.png: no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			r := vkeras(t, nil, c.args...)
			require.Equal(t, c.status, r.status, r.stderr)
			require.Contains(t, r.stderr, c.says)
			require.Empty(t, r.stdout)
		})
	}
}

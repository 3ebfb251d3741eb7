package plots

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/study"
)

// measured is a report of one small net on the reference.
func measured(t *testing.T) *study.Report {
	t.Helper()
	g, err := resnet.Variant("a", resnet.ExerciseOptions{Options: resnet.Options{WidthDivisor: 64}})
	require.NoError(t, err)
	resnet.Initialise(g, 1)
	r, err := study.Inspect(t.Context(), g, study.Options{
		Open: study.Reference, Device: "reference", Batch: 4, Every: 32, Runs: 1, High: 1, Watch: study.OnBlock,
		Picture: optest.Normal(rand.New(rand.NewPCG(1, 1)), 0.5, 0.2, 1, 64, 64, 3),
	})
	require.NoError(t, err)
	return r
}

func TestEveryFigureIsAPNGAndAnSVG(t *testing.T) {
	figures, err := All(measured(t), image.NewGray(image.Rect(0, 0, 64, 64)))
	require.NoError(t, err)
	folder := filepath.Join(t.TempDir(), "made", "here")
	require.NoError(t, Save(t.Context(), folder, figures))
	var names []string
	for _, f := range figures {
		names = append(names, f.Name)
		require.NotEmpty(t, f.Caption)
		data, err := os.ReadFile(filepath.Join(folder, f.Name+".png"))
		require.NoError(t, err)
		img, err := png.Decode(bytes.NewReader(data))
		require.NoError(t, err)
		require.Greater(t, len(coloursOf(img)), 3, "%s is not empty", f.Name)
		data, err = os.ReadFile(filepath.Join(folder, f.Name+".svg"))
		require.NoError(t, err)
		require.NoError(t, wellFormed(data), f.Name)
	}
	require.Equal(t, []string{"coverage", "effects", "fields", "costs", "places"}, names)
}

func coloursOf(img image.Image) map[color.Color]int {
	found := map[color.Color]int{}
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			found[img.At(x, y)]++
		}
	}
	return found
}

func wellFormed(data []byte) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestThePageSaysWhereTheDeviceDisagrees(t *testing.T) {
	r := measured(t)
	text := func() string {
		var page bytes.Buffer
		figures, err := All(r, nil)
		require.NoError(t, err)
		require.NoError(t, Page(&page, r, figures))
		return page.String()
	}
	require.Contains(t, text(), "not one bit changed")
	r.Nets[0].Blocks[1].OnBlock.UnreadChanged = 3
	r.Nets[0].Blocks[2].OnBlock.ReadUnchanged = 2
	require.NotContains(t, text(), "not one bit changed")
	require.Contains(t, text(), "3 positions that nobody should read changed it")
	require.Regexp(t, `are read, \d+ changed nothing`, text())
}

func TestAMapHasASquareAPosition(t *testing.T) {
	img := mapOf(2, 3, func(i int) color.Color { return []color.Color{red, green, blue, grey, orange, ink}[i] })
	side, lines := cell(2, 3)
	require.True(t, lines)
	require.Equal(t, image.Rect(0, 0, 3*side, 2*side), img.Bounds())
	require.Equal(t, blue, img.At(2*side+side/2, side/2))
	require.Equal(t, orange, img.At(side+side/2, side+side/2))
	require.Equal(t, white, img.At(side, side/2))
}

func TestThePageNeedsNothingBesideIt(t *testing.T) {
	compared, err := study.Compare(t.Context(), []string{"a", "d"}, nn.Shape{64, 64, 3}, study.Options{})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		report *study.Report
		says   []string
	}{
		"ways to halve": {compared, []string{"never read?", "Would pooling be better?", "Did the authors say why?", "23,600,006", "<td>d</td>"}},
		"a model":       {measured(t), []string{"Where does ResNet50 drop positions?", "res2c", "gaps", "How was this measured?"}},
	} {
		t.Run(name, func(t *testing.T) {
			figures, err := All(c.report, nil)
			require.NoError(t, err)
			var page bytes.Buffer
			require.NoError(t, Page(&page, c.report, figures))
			for _, s := range c.says {
				require.Contains(t, page.String(), s)
			}
			for _, source := range regexp.MustCompile(`(?:src|href)="([^"]{0,30})`).FindAllStringSubmatch(page.String(), -1) {
				require.Regexp(t, `^data:image/`, source[1])
			}
		})
	}
}

package profile

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
)

func pageOf(t *testing.T, m *Measurement) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, m.WriteHTML(&b))
	return b.Bytes()
}

func TestThePageLoadsNothing(t *testing.T) {
	for _, clock := range []gpu.Clock{gpu.DeviceClock, gpu.HostClock} {
		text := string(pageOf(t, fixed(clock)))
		for _, outside := range []string{"http://", "https://", "<script", "<link", "<img", "src=", "href=", "url(", "@import"} {
			require.NotContains(t, text, outside)
		}
		require.Contains(t, text, "default-src 'none'")
	}
}

func TestThePageShowsEveryRow(t *testing.T) {
	m := fixed(gpu.DeviceClock)
	m.about.Model = `<script>alert("model")</script>`
	text := string(pageOf(t, m))
	require.NotContains(t, text, "<script>", "names are text")
	require.Len(t, regexp.MustCompile(`<circle`).FindAllString(text, -1), 4, "steps that multiply and add")
	require.Len(t, regexp.MustCompile(`<g transform`).FindAllString(text, -1), 4, "blocks")
	require.Len(t, regexp.MustCompile(`<summary>Table by`).FindAllString(text, -1), 2)
	for _, s := range m.steps {
		require.Contains(t, text, ">"+s.name+"<")
	}

	m = fixed(gpu.HostClock)
	m.about.Roof = nil
	text = string(pageOf(t, m))
	require.Contains(t, text, "has no timestamps")
	require.NotContains(t, text, "Roofline plot")
	require.NotContains(t, text, "ZgotmplZ", "what the template refused")
}

func TestDrawingsAreToScale(t *testing.T) {
	r := report(t, fixed(gpu.DeviceClock), ByBlock)
	end := 0.0
	for _, s := range segments(r) {
		require.InDelta(t, end, s.X, 1e-9)
		end += s.Width
	}
	require.InDelta(t, pageWidth, end, 1e-6)
	b := drawBars(r.Rows)
	require.InDelta(t, 0.75, b.Bars[0].Width/b.Bars[1].Width, 1e-9, "0.6 ms and 0.8 ms")
	require.InDelta(t, 0.25, b.Bars[0].Ideal/b.Bars[0].Width, 1e-9, "a quarter of the roof")

	steps := report(t, fixed(gpu.DeviceClock), ByStep)
	plot := drawRoofline(steps.Roof, steps.Rows)
	x, y := map[float64]float64{}, map[float64]float64{}
	for _, tick := range plot.XTicks {
		x[tick.Value] = tick.At
	}
	for _, tick := range plot.YTicks {
		y[tick.Value] = tick.At
	}
	require.InDelta(t, x[10], plot.RidgeX, 1e-9, "1000 GFLOP/s over 100 GB/s")
	require.InDelta(t, y[1000], plot.RidgeY, 1e-9)
	require.InDelta(t, x[0.1], plot.StartX, 1e-9)
	require.InDelta(t, y[10], plot.StartY, 1e-9)
	require.InDelta(t, x[100], plot.Points[0].X, 1e-9, "150 MFLOP and 1.5 MB")
	require.InDelta(t, plot.RidgeY, y[1000], 1e-9)
	for _, p := range plot.Points {
		require.GreaterOrEqual(t, p.X, plot.Left)
		require.LessOrEqual(t, p.X, plot.Right)
		require.GreaterOrEqual(t, p.Y, plot.Top)
		require.LessOrEqual(t, p.Y, plot.Bottom)
	}
}

// The colours of the page, as a browser paints them.
var (
	upload  = color.NRGBA{0x8a, 0xb4, 0xf8, 0xff}
	submit  = color.NRGBA{0xf2, 0xa6, 0x5a, 0xff}
	steps   = color.NRGBA{0x2f, 0x6f, 0xdb, 0xff} // and what is bound by arithmetic
	gaps    = color.NRGBA{0xd3, 0x5d, 0x5d, 0xff}
	memory  = color.NRGBA{0xd9, 0x82, 0x2b, 0xff}
	allInks = []color.NRGBA{upload, submit, steps, gaps, memory}
)

func TestABrowserPaintsThePage(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			browser = found
			break
		}
	}
	if browser == "" {
		t.Skip("no chromium")
	}
	folder := t.TempDir()
	page, picture := filepath.Join(folder, "page.html"), filepath.Join(folder, "page.png")
	require.NoError(t, os.WriteFile(page, pageOf(t, fixed(gpu.DeviceClock)), 0o644))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	said, err := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1",
		"--user-data-dir="+filepath.Join(folder, "browser"), "--window-size=1100,1300", "--screenshot="+picture, "file://"+page).CombinedOutput()
	require.NoError(t, err, string(said))
	f, err := os.Open(picture)
	require.NoError(t, err)
	defer f.Close()
	shot, err := png.Decode(f)
	require.NoError(t, err)

	// The bar of the account: the first row of pixels that has the gaps' red in
	// a run of more than a few.
	var lengths map[color.NRGBA]int
	for y := shot.Bounds().Min.Y; y < shot.Bounds().Max.Y && lengths[gaps] < 50; y++ {
		lengths = inks(shot, y)
	}
	const width = 1000.0 // of the window, less the page's margins
	for ink, share := range map[color.NRGBA]float64{upload: 60. / 3100, submit: 300. / 3100, steps: 2200. / 3100, gaps: 420. / 3100} {
		require.InDelta(t, share*width, lengths[ink], 3, "%v", ink)
	}
	all := map[color.NRGBA]int{}
	for y := shot.Bounds().Min.Y; y < shot.Bounds().Max.Y; y++ {
		for ink, n := range inks(shot, y) {
			all[ink] += n
		}
	}
	require.Greater(t, all[memory], 1000, "the part of res2a's bar that the roof explains")
}

// inks counts the pixels of each colour in a row.
func inks(shot image.Image, y int) map[color.NRGBA]int {
	count := map[color.NRGBA]int{}
	for x := shot.Bounds().Min.X; x < shot.Bounds().Max.X; x++ {
		c := color.NRGBAModel.Convert(shot.At(x, y)).(color.NRGBA)
		for _, ink := range allInks {
			if c == ink {
				count[ink]++
			}
		}
	}
	return count
}

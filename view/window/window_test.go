package window

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden pictures")

// requiredVariable is the environment variable that, set to 1, has the tests of
// real windows fail where they could not run, instead of skipping them.
const requiredVariable = "VKERAS_VIEW_TEST"

// cannot skips a test of real windows for want of something.
func cannot(t *testing.T, why string) {
	t.Helper()
	if os.Getenv(requiredVariable) == "1" {
		require.Fail(t, why)
	}
	t.Skip(why + " (make view-test installs it)")
}

// folder is where the programs are built; TestMain removes it.
var folder string

// build builds vkeras and vkeras-view, once.
var build = sync.OnceValues(func() (string, error) {
	for _, args := range [][]string{{"build", "-o", folder + "/vkeras"}, {"build", "-tags", "window", "-o", folder + "/vkeras-view"}} {
		c := exec.Command("go", append(args, "../../cmd/vkeras")...)
		if out, err := c.CombinedOutput(); err != nil {
			return string(out), err
		}
	}
	return "", nil
})

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "vkeras-view-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

func programs(t *testing.T) {
	t.Helper()
	out, err := build()
	if strings.Contains(out, "X11/") || strings.Contains(out, "cannot find -l") {
		cannot(t, "the window system's headers are not installed")
	}
	require.NoError(t, err, out)
}

// screen is an X server of its own with vkeras view running on it.
type screen struct {
	t       *testing.T
	display string
	id      string // of the window
	stderr  string // the file that has what the program says
	ended   chan error
}

// openScreen starts both; env is added to the program's environment.
func openScreen(t *testing.T, env []string, args ...string) *screen {
	t.Helper()
	for _, tool := range []string{"Xvfb", "xdotool", "import"} {
		if _, err := exec.LookPath(tool); err != nil {
			cannot(t, tool+" is not installed")
		}
	}
	programs(t)
	read, write, err := os.Pipe()
	require.NoError(t, err)
	server := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1000x700x24", "-nolisten", "tcp")
	server.ExtraFiles = []*os.File{write}
	require.NoError(t, server.Start())
	write.Close()
	t.Cleanup(func() { server.Process.Kill(); server.Wait() })
	var number int
	_, err = fmt.Fscan(read, &number)
	require.NoError(t, err, "the X server's display")
	s := &screen{t: t, display: fmt.Sprintf(":%d", number), stderr: filepath.Join(t.TempDir(), "stderr"), ended: make(chan error, 1)}
	ctx, stop := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, filepath.Join(folder, "vkeras"), append([]string{"view"}, args...)...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.Env = append(append(os.Environ(), "DISPLAY="+s.display, "VKERAS_VALIDATION=1"), env...)
	said, err := os.Create(s.stderr)
	require.NoError(t, err)
	defer said.Close() // the program has its own
	c.Stderr = said
	require.NoError(t, c.Start())
	go func() { s.ended <- c.Wait() }()
	t.Cleanup(stop)
	s.id = s.until("a window", func() (string, bool) {
		out, err := s.tool("search", "--name", "^vkeras:")
		return strings.TrimSpace(out), err == nil
	})
	s.do("mousemove", "990", "690")
	s.do("windowsize", "--sync", s.id, "900", "620")
	return s
}

func (s *screen) tool(args ...string) (string, error) {
	c := exec.Command("xdotool", args...)
	c.Env = append(os.Environ(), "DISPLAY="+s.display)
	out, err := c.Output()
	return string(out), err
}

func (s *screen) do(args ...string) {
	s.t.Helper()
	_, err := s.tool(args...)
	require.NoError(s.t, err, args)
}

func (s *screen) keys(keys ...string) {
	s.t.Helper()
	s.do(append([]string{"key", "--window", s.id}, keys...)...)
}

// until asks again and again, and fails the test after a minute without a yes.
func (s *screen) until(what string, ask func() (string, bool)) string {
	s.t.Helper()
	for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(200 * time.Millisecond) {
		if answer, ok := ask(); ok {
			return answer
		}
		select {
		case err := <-s.ended:
			require.Fail(s.t, "the program ended while waiting for "+what, "%v: %s", err, s.said())
		default:
		}
	}
	require.Fail(s.t, "waited a minute for "+what)
	return ""
}

// shot is the window's picture without what depends on the machine: the times.
func (s *screen) shot() *image.RGBA {
	s.t.Helper()
	c := exec.Command("import", "-window", s.id, "png:-")
	c.Env = append(os.Environ(), "DISPLAY="+s.display)
	out, err := c.Output()
	require.NoError(s.t, err)
	p, err := png.Decode(bytes.NewReader(out))
	require.NoError(s.t, err)
	const strip = 95
	b := p.Bounds()
	q := image.NewRGBA(image.Rect(0, 0, b.Dx(), max(1, b.Dy()-strip)))
	draw.Draw(q, q.Rect, p, b.Min, draw.Src)
	return q
}

// shows waits until the window is like a golden picture.
func (s *screen) shows(golden string) {
	s.t.Helper()
	name := filepath.Join("testdata", golden+".png")
	if *update {
		time.Sleep(15 * time.Second) // a machine may be busy with other tests
		f, err := os.Create(name)
		require.NoError(s.t, err)
		defer f.Close()
		require.NoError(s.t, png.Encode(f, s.shot()))
		return
	}
	f, err := os.Open(name)
	require.NoError(s.t, err)
	defer f.Close()
	want, err := png.Decode(f)
	require.NoError(s.t, err)
	s.until(golden, func() (string, bool) { return "", alike(s.shot(), want) })
}

// alike reports whether pictures differ by no more than rounding, and the odd
// pixel at an edge, does.
func alike(p *image.RGBA, golden image.Image) bool {
	if p.Rect.Size() != golden.Bounds().Size() {
		return false
	}
	want := image.NewRGBA(p.Rect)
	draw.Draw(want, want.Rect, golden, golden.Bounds().Min, draw.Src)
	far, pixels := 0, len(p.Pix)/4
	for i := range p.Pix {
		if d := int(p.Pix[i]) - int(want.Pix[i]); d > 16 || d < -16 {
			far++
		}
	}
	return far <= pixels/500
}

// said returns what the program has said so far.
func (s *screen) said() string {
	s.t.Helper()
	b, err := os.ReadFile(s.stderr)
	require.NoError(s.t, err)
	return string(b)
}

// close presses Q and returns what the program said.
func (s *screen) close() string {
	s.t.Helper()
	s.keys("q")
	select {
	case err := <-s.ended:
		require.NoError(s.t, err, s.said())
	case <-time.After(30 * time.Second):
		require.Fail(s.t, "the window does not close")
	}
	require.NotContains(s.t, s.said(), "validation layer")
	return s.said()
}

func TestAWindowShowsWhatItIsAskedFor(t *testing.T) {
	s := openScreen(t, nil, samples)
	s.shows("conv1")
	s.keys("Right", "Up", "Up", "Up", "c") // the second picture, res2c, its coverage
	s.shows("coverage")
	s.do("mousemove", "600", "300", "click", "4", "click", "4", "click", "4", "click", "4")
	s.shows("zoomed")
	s.do("mousemove", "990", "690") // out of the window
	s.keys("0", "c", "Down", "Down", "Down", "Left")
	s.shows("conv1")
	s.close()
}

func TestAWindowOfAnySizeGoesOn(t *testing.T) {
	s := openScreen(t, nil, samples)
	s.shows("conv1")
	for _, size := range [][2]string{{"1", "1"}, {"300", "40"}, {"40", "300"}, {"1000", "700"}} {
		s.do("windowsize", "--sync", s.id, size[0], size[1])
		s.keys("Right", "Up")
	}
	s.do("windowunmap", "--sync", s.id)
	s.keys("Left", "Left", "Left", "Left")
	s.do("windowmap", "--sync", s.id)
	s.do("windowsize", "--sync", s.id, "900", "620")
	s.keys("Down", "Down", "Down", "Down")
	s.shows("conv1")
	s.close()
}

func TestAWindowWithoutPicturesSaysWhatToDo(t *testing.T) {
	s := openScreen(t, nil)
	s.shows("empty")
	s.keys("Right", "Up", "c")
	s.close()
}

// The layer of package gpu's tests takes the device away: after so many calls,
// each time it was opened.
func TestAWindowSurvivesTheLossOfItsDevice(t *testing.T) {
	layer := t.TempDir()
	c := exec.Command("cc", "-std=gnu11", "-shared", "-fPIC", "-I../../gpu/internal/vulkan/vkc/include", "-o", filepath.Join(layer, "liblayer.so"), "../../gpu/testdata/layer.c")
	out, err := c.CombinedOutput()
	require.NoError(t, err, string(out))
	manifest, err := os.ReadFile("../../gpu/testdata/layer.json")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(layer, "layer.json"), manifest, 0o644))
	s := openScreen(t, []string{"VK_LAYER_PATH=" + layer, "VK_INSTANCE_LAYERS=VK_LAYER_VKERAS_test", "VKERAS_LAYER_FAULT=150:-4", "VKERAS_VALIDATION=0"}, samples)
	s.shows("conv1")
	s.until("a loss", func() (string, bool) {
		s.keys("Right")
		return "", strings.Contains(s.said(), "the device was lost")
	})
	s.keys("Left")
	s.until("a picture after the loss", func() (string, bool) {
		p := s.shot()
		return "", p.RGBAAt(600, 300) != p.RGBAAt(2, 2)
	})
	require.Contains(t, s.close(), "opening it again")
}

func TestWithoutADisplayThereIsOneClearLine(t *testing.T) {
	programs(t)
	for display, want := range map[string]string{"": "DISPLAY is not set", ":9999": "Failed to open display :9999"} {
		c := exec.Command(filepath.Join(folder, "vkeras"), "view", "--quiet", samples)
		c.Env = append(os.Environ(), "DISPLAY="+display)
		out, err := c.CombinedOutput()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		require.Equal(t, 1, exit.ExitCode())
		require.Equal(t, 1, strings.Count(string(out), "\n"), string(out))
		require.Contains(t, string(out), "vkeras: no window can be opened: ")
		require.Contains(t, string(out), want)
	}
}

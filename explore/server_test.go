package explore_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/explore"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

const token = "the-token"

// branched is a small net with all that a graph may show: two branches that are
// joined, a gate, a halving block with a shortcut, and a head that has exact class
// activation maps; (20, 24, 3) to 5 classes.
func branched(t testing.TB) *nn.Graph {
	t.Helper()
	b := nn.NewBuilder("branched")
	same := func(size, stride int, in *nn.Node) nn.Window {
		return nn.Square(size, stride).Same(in.Shape[0], in.Shape[1])
	}
	conv := func(name string, filters, size, stride int, in *nn.Node) *nn.Node {
		y := b.Add(name, &nn.Conv2D{Filters: filters, Window: same(size, stride, in), UseBias: true}, in)
		y = b.Add(name+"_bn", &nn.BatchNorm{Axis: -1, Epsilon: 1e-3, Scale: true, Center: true}, y)
		return b.Add(name+"_relu", &nn.Activation{Func: nn.ReLU}, y)
	}
	x := b.Input("image", nn.Shape{20, 24, 3})
	stem := conv("stem", 8, 3, 1, x)
	left := conv("left", 8, 1, 1, stem)
	right := conv("right2", 8, 3, 1, conv("right1", 4, 1, 1, stem))
	joined := b.Add("joined", &nn.Concat{Axis: -1}, left, right)
	mean := b.Add("mean", &nn.GlobalAvgPool{KeepDims: true}, joined)
	gate := b.Add("gate", &nn.Conv2D{Filters: 16, Window: nn.Square(1, 1), UseBias: true}, mean)
	gated := b.Add("gated", &nn.Multiply{}, joined, b.Add("gate_sigmoid", &nn.Activation{Func: nn.Sigmoid}, gate))
	main := b.Add("main2", &nn.Conv2D{Filters: 16, Window: same(3, 1, gated), UseBias: true}, conv("main1", 16, 1, 2, gated))
	shortcut := b.Add("shortcut", &nn.Conv2D{Filters: 16, Window: nn.Square(1, 2), UseBias: true}, gated)
	sum := b.Add("sum_relu", &nn.Activation{Func: nn.ReLU}, b.Add("sum", &nn.Add{}, main, shortcut))
	pooled := b.Add("pooled", &nn.GlobalAvgPool{}, sum)
	scores := b.Add("classes", &nn.Dense{Units: 5, UseBias: true}, pooled)
	g, err := b.Graph(b.Add("softmax", &nn.Softmax{}, scores))
	require.NoError(t, err)
	resnet.Initialise(g, 7)
	return g
}

// client asks an explorer.
type client struct {
	t      testing.TB
	server *httptest.Server
	bearer string
}

// start serves a graph; change may be nil.
func start(t testing.TB, g *nn.Graph, change func(*explore.Options)) *client {
	t.Helper()
	task, err := classify.NewTask(g, classify.TaskOptions{Pictures: pictures.Options{Preset: pictures.TF}})
	require.NoError(t, err)
	o := explore.Options{Version: "test", File: "branched.keras", Name: g.Name, Task: task, Device: "cpu", Token: token}
	if change != nil {
		change(&o)
	}
	x, err := explore.New(o)
	require.NoError(t, err)
	server := httptest.NewServer(x.Handler())
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, x.Close())
	})
	return &client{t, server, token}
}

// do asks and returns the answer with its body.
func (c *client) do(method, path string, body []byte) (*http.Response, []byte) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.server.URL+"/"+path, bytes.NewReader(body))
	require.NoError(c.t, err)
	r.Header.Set("Authorization", "Bearer "+c.bearer)
	return c.send(r)
}

func (c *client) send(r *http.Request) (*http.Response, []byte) {
	c.t.Helper()
	// Redirects are for the test to see.
	answer, err := c.server.Client().Transport.RoundTrip(r)
	require.NoError(c.t, err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	require.NoError(c.t, err)
	return answer, b
}

// get reads a JSON answer into v.
func (c *client) get(path string, v any) { c.t.Helper(); c.json(http.MethodGet, path, nil, v) }

func (c *client) json(method, path string, body []byte, v any) {
	c.t.Helper()
	answer, b := c.do(method, path, body)
	require.Equal(c.t, http.StatusOK, answer.StatusCode, "%s: %s", path, b)
	require.Equal(c.t, "application/json", answer.Header.Get("Content-Type"))
	require.NoError(c.t, json.Unmarshal(b, v), path)
}

// picture reads a PNG answer.
func (c *client) picture(path string) image.Image {
	c.t.Helper()
	answer, b := c.do(http.MethodGet, path, nil)
	require.Equal(c.t, http.StatusOK, answer.StatusCode, "%s: %s", path, b)
	require.Equal(c.t, "image/png", answer.Header.Get("Content-Type"))
	img, err := png.Decode(bytes.NewReader(b))
	require.NoError(c.t, err)
	return img
}

// refused returns the error of a request that must fail with the status.
func (c *client) refused(status int, method, path string, body []byte) string {
	c.t.Helper()
	answer, b := c.do(method, path, body)
	require.Equal(c.t, status, answer.StatusCode, "%s %s: %s", method, path, b)
	return oneError(c.t, b)
}

// oneError reads {"error": "one line"}.
func oneError(t testing.TB, b []byte) string {
	t.Helper()
	var e map[string]string
	require.NoError(t, json.Unmarshal(b, &e), "%s", b)
	require.Len(t, e, 1)
	require.NotEmpty(t, e["error"])
	require.False(t, strings.ContainsAny(e["error"], "\r\n"))
	return e["error"]
}

// photo is a picture with something in it.
func photo(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(x * 255 / w), uint8(y * 255 / h), uint8((x*y + 31*x) % 256), 255})
		}
	}
	return img
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return b.Bytes()
}

func jpegOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, img, nil))
	return b.Bytes()
}

// send uploads a photo and returns its id.
func (c *client) upload(img image.Image) string {
	c.t.Helper()
	var p struct{ ID string }
	c.json(http.MethodPost, "api/pictures?name=photo", pngOf(c.t, img), &p)
	return p.ID
}

type graphAnswer struct {
	Nodes []struct {
		ID         int
		Name       string
		Op         string
		Block      int
		Inputs     []int
		Shape      []int
		Parameters int64
		MACs       int64
		Details    [][2]string
	}
	Blocks []struct {
		ID         int
		Name       string
		Nodes      []int
		Parameters int64
		MACs       int64
		Halving    bool
	}
	Layout struct {
		Width, Height float64
		Boxes         []struct {
			Kind                string
			ID                  int
			X, Y, Width, Height float64
			Label, Sub          string
		}
		Frames []struct {
			Block               int
			X, Y, Width, Height float64
		}
		Edges []struct {
			From, To int
			Points   [][2]float64
		}
	}
}

// node returns the index of the node of that name.
func (c *client) node(name string) int {
	c.t.Helper()
	var g graphAnswer
	c.get("api/graph", &g)
	for _, n := range g.Nodes {
		if n.Name == name {
			return n.ID
		}
	}
	require.Fail(c.t, "no node "+name)
	return -1
}

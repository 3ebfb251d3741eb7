package browsertest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	browserpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long a page may take for one thing, on a loaded machine too.
const patience = 3 * time.Minute

// browser is the Chromium that all tests share, each in tabs of its own.
var browser context.Context

func TestMain(m *testing.M) {
	if os.Getenv("VKERAS_EXPLORE_TEST") == "" {
		fmt.Println("VKERAS_EXPLORE_TEST names no vkeras: make explore-test")
		os.Exit(0)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	profile, err := os.MkdirTemp("", "vkeras-browser")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(profile)
	options := []chromedp.ExecAllocatorOption{
		chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("headless", "new"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("enable-precise-memory-info", true), chromedp.Flag("js-flags", "--expose-gc"),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			options = append(options, chromedp.ExecPath(path))
			break
		}
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	var closes context.CancelFunc
	browser, closes = chromedp.NewContext(allocator)
	defer closes()
	if err := chromedp.Run(browser); err != nil {
		fmt.Println("starting Chromium:", err)
		return 1
	}
	defer func() {
		if shared.stop != nil {
			shared.stop()
		}
	}()
	return m.Run()
}

// explore starts vkeras explore for one test and returns the address that it prints.
func explore(t *testing.T, arguments ...string) string {
	address, stop := start(t, arguments...)
	t.Cleanup(stop)
	return address
}

func start(t *testing.T, arguments ...string) (address string, stop func()) {
	c := exec.Command(os.Getenv("VKERAS_EXPLORE_TEST"), append([]string{"explore", "--no-browser", "--device", "cpu"}, arguments...)...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	stop = func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if address = regexp.MustCompile(`http://\S+token=\S+`).FindString(line); address == "" {
		stop()
		require.Fail(t, "vkeras explore printed no address", "%v: %s", err, said.String())
	}
	return address, stop
}

// page is one tab, and what the browser found wrong with it.
type page struct {
	t    *testing.T
	ctx  context.Context
	host string

	mu     sync.Mutex
	faults []string
	// expected are faults that a test provokes.
	expected *regexp.Regexp
}

// visit opens an address in a tab of that size.
func visit(t *testing.T, address string, width, height int64, more ...chromedp.Action) *page {
	ctx, closes := chromedp.NewContext(browser)
	t.Cleanup(closes)
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	t.Cleanup(cancel)
	u, err := url.Parse(address)
	require.NoError(t, err)
	p := &page{t: t, ctx: ctx, host: u.Host}
	require.NoError(t, chromedp.Run(ctx)) // the tab lives as long as the context of the first run
	chromedp.ListenTarget(ctx, p.listen)
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, fault := range p.faults {
			if p.expected == nil || !p.expected.MatchString(fault) {
				t.Error(fault)
			}
		}
	})
	p.do(append([]chromedp.Action{network.Enable(), log.Enable(), chromedp.EmulateViewport(width, height)}, more...)...)
	p.do(browserpage.BringToFront(), chromedp.Navigate(address)) // what is not seen is not drawn, and some of it not loaded
	p.sees(".box")
	return p
}

func (p *page) listen(event any) {
	fault := ""
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			var words []string
			for _, a := range e.Args {
				words = append(words, string(a.Value)+a.Description)
			}
			fault = "console: " + strings.Join(words, " ")
		}
	case *runtime.EventExceptionThrown:
		fault = "exception: " + e.ExceptionDetails.Error()
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			fault = "browser: " + e.Entry.Text + " " + e.Entry.URL
		}
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Host != p.host && u.Scheme != "blob" && u.Scheme != "data" {
			fault = "a request to elsewhere: " + e.Request.URL
		}
	}
	if fault != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.faults = append(p.faults, fault)
	}
}

func (p *page) do(actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		p.shoot("failed-" + strings.ReplaceAll(p.t.Name(), "/", "-"))
		require.NoError(p.t, err)
	}
}

// js evaluates an expression, which may be a promise.
func js[T any](p *page, expression string) T {
	p.t.Helper()
	var v T
	p.do(chromedp.Evaluate(expression, &v, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
	return v
}

// sees waits until something visible matches.
func (p *page) sees(selector string) {
	p.t.Helper()
	p.holds(fmt.Sprintf(`[...document.querySelectorAll(%q)].some((e) => e.checkVisibility())`, selector))
}

// holds waits until an expression is true; what it reads may not be there yet.
func (p *page) holds(expression string) {
	p.t.Helper()
	for until := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if js[bool](p, "(() => { try { return Boolean("+expression+"); } catch { return false; } })()") {
			return
		}
		if time.Now().After(until) {
			p.shoot("failed-" + strings.ReplaceAll(p.t.Name(), "/", "-"))
			require.Fail(p.t, "waiting in vain", "%s; the page says: %s", expression, p.errors())
		}
	}
}

// errors are the lines of errors that the page shows.
func (p *page) errors() (lines string) {
	_ = chromedp.Run(p.ctx, chromedp.Evaluate(`[...document.querySelectorAll(".error")].filter((e) => e.checkVisibility()).map((e) => e.textContent).join("; ")`, &lines))
	return lines
}

// calm requires that no line of the page tells of an error.
func (p *page) calm() {
	p.t.Helper()
	require.Empty(p.t, p.errors())
}

func (p *page) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible))
}

// press sends keys to what has the focus.
func (p *page) press(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		p.do(chromedp.KeyEvent(key))
	}
}

// panel shows a panel by its tab.
func (p *page) panel(name string) {
	p.t.Helper()
	p.click("#tab-" + name)
	p.sees("#panel-" + name)
}

// rests waits until nothing that is shown is waited for.
func (p *page) rests() {
	p.t.Helper()
	p.holds(`![...document.querySelectorAll("[aria-busy=true]")].some((e) => e.checkVisibility())`)
}

// shoot writes what is seen to the folder that VKERAS_EXPLORE_SHOTS names.
func (p *page) shoot(name string) {
	folder := os.Getenv("VKERAS_EXPLORE_SHOTS")
	if folder == "" {
		return
	}
	var png []byte
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Run(ctx, browserpage.BringToFront(), chromedp.CaptureScreenshot(&png)); err != nil {
		p.t.Log(err)
		return
	}
	require.NoError(p.t, os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644))
}

// pictures are those of the demo model.
const pictures = "../../testdata/demo/pictures"

// panels are the tabs' names.
var panels = []string{"net", "picture", "inside", "question", "time", "trust"}

func absolute(t *testing.T, names ...string) (paths []string) {
	for _, name := range names {
		path, err := filepath.Abs(filepath.Join(pictures, name))
		require.NoError(t, err)
		paths = append(paths, path)
	}
	return paths
}

var shared struct {
	once    sync.Once
	address string
	stop    func()
}

// demo is the address of a vkeras explore with the demo model and its pictures,
// which tests share.
func demo(t *testing.T) string {
	shared.once.Do(func() { shared.address, shared.stop = start(t, pictures) })
	return shared.address
}

// expect names faults that a test provokes.
func (p *page) expect(faults string) { p.expected = regexp.MustCompile(faults) }

package browsertest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The graph is drawn before anything else is asked for.
func TestGraphComesFirst(t *testing.T) {
	p := visit(t, demo(t), 1280, 800)
	p.rests()
	require.True(t, js[bool](p, `performance.getEntriesByType("resource").filter((e) => e.name.includes("/api/") && !/api\/(graph|session)/.test(e.name))
		.every((e) => e.startTime >= performance.getEntriesByName("graph")[0].startTime)`))
	t.Logf("graph drawn after %.0f ms, first paint after %.0f ms", js[float64](p, `performance.getEntriesByName("graph")[0].startTime`),
		js[float64](p, `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0`))
}

// A net of another kind, written by real Keras: depthwise convolutions, no halving by
// a 1x1 window.
func TestEveryPanelOfMobileNetV2(t *testing.T) {
	p := visit(t, explore(t, "--model", "testdata/mobilenetv2.keras", "--preset", "tf", pictures), 1280, 800)
	holds := map[string]string{
		"net":      `document.querySelectorAll(".box").length === 12 && document.querySelector("#panel-net").textContent.includes("folded")`,
		"picture":  `document.querySelectorAll("#panel-picture .classes tr").length === 5`,
		"inside":   `document.querySelectorAll(".tile").length > 0 && document.querySelector(".readout strong")`,
		"question": `document.querySelector("#panel-question .card, #panel-question .cards p")`,
		"time":     `document.querySelectorAll(".timed").length >= 11`,
		"trust":    `document.querySelector("#panel-trust button")`,
	}
	for _, name := range panels {
		p.panel(name)
		p.holds(holds[name])
		p.rests()
		p.calm()
		p.shoot("mobilenetv2-" + name)
	}
	p.do(chromedp.Click(`//button[text()="Validate"]`))
	p.holds(`document.querySelector("#panel-trust .passes")`)
	p.click(`[title="Open all blocks"]`)
	p.holds(`document.querySelectorAll(".box.layer").length > 150`)
	p.calm()
	p.shoot("mobilenetv2-layers")
}

// VKERAS_PICTURES=1000 go test -run Flat -v
func TestMemoryStaysFlat(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("VKERAS_PICTURES"))
	if err != nil {
		t.Skip("VKERAS_PICTURES is how many pictures to look at")
	}
	p := visit(t, explore(t), 1280, 800)
	p.panel("picture")
	files, err := filepath.Glob(filepath.Join(pictures, "*"))
	require.NoError(t, err)
	heap := func() float64 { return js[float64](p, `(gc(), performance.memory.usedJSHeapSize / 2 ** 20)`) }
	early := 0.0
	for i := range n {
		p.do(drop(files[i%len(files)]))
		p.holds(fmt.Sprintf(`document.querySelector("#panel-picture .strip button[aria-pressed=true]")?.title === %q && %s && !document.querySelector(".answer[aria-busy]")`, filepath.Base(files[i%len(files)]), best))
		if i == n/10 {
			early = heap()
		}
	}
	t.Logf("JavaScript's heap: %.2f MiB after %d pictures, %.2f MiB after %d", early, n/10, heap(), n)
	require.Less(t, heap(), early+2)
	require.LessOrEqual(t, js[int](p, `document.querySelectorAll("#panel-picture .strip button").length`), 24)
	p.calm()
}

// VKERAS_EXPLORE_MODEL=densenet121.keras go test -run Panning -v
func TestPanningIsMeasured(t *testing.T) {
	model := os.Getenv("VKERAS_EXPLORE_MODEL")
	if model == "" {
		t.Skip("VKERAS_EXPLORE_MODEL is a model of many layers")
	}
	p := visit(t, explore(t, "--model", model, pictures), 1280, 800)
	p.click(`[title="Open all blocks"]`)
	p.holds(`document.querySelectorAll(".box.layer").length > 100`)
	v := js[[]float64](p, `(async () => {
		const sheet = document.querySelector(".sheet"), at = { pointerId: 1, pointerType: "mouse", bubbles: true, clientX: 200 };
		const frames = [], scripts = [];
		sheet.setPointerCapture = () => {}; // there is no such pointer to capture
		sheet.dispatchEvent(new PointerEvent("pointerdown", { ...at, clientY: 700 }));
		let last = await new Promise(requestAnimationFrame);
		for (let i = 1; i <= 240; i++) {
			const begin = performance.now();
			sheet.dispatchEvent(new PointerEvent("pointermove", { ...at, clientY: 700 - 7 * i }));
			void sheet.scrollTop;
			scripts.push(performance.now() - begin);
			const now = await new Promise(requestAnimationFrame);
			frames.push(now - last);
			last = now;
		}
		sheet.dispatchEvent(new PointerEvent("pointerup", at));
		const at95 = (list) => list.sort((a, b) => a - b)[Math.floor(0.95 * list.length)];
		return [document.querySelectorAll(".box").length, sheet.scrollTop, frames.sort((a, b) => a - b)[120], at95(frames), at95(scripts)];
	})()`)
	t.Logf("%.0f boxes panned by %.0f pixels: a frame each %.1f ms in the median, 95 %% within %.1f ms; of them %.2f ms in the page's own code", v[0], v[1], v[2], v[3], v[4])
	require.Greater(t, v[1], 1000.0)
}

package browsertest

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// box is the selector of a box of the graph by what screen readers say of it.
func box(begins string) string { return `.box[aria-label^="` + begins + `"]` }

func TestGraphOpensIntoLayers(t *testing.T) {
	p := visit(t, demo(t), 1280, 800)
	p.rests()
	require.Equal(t, 18, js[int](p, `document.querySelectorAll(".box").length`), "conv1, 16 blocks, fc")
	require.Equal(t, 3, js[int](p, `[...document.querySelectorAll(".box")].filter((b) => b.ariaLabel.includes("halves")).length`))

	p.click(box("block res3a"))
	p.holds(`document.querySelector("#panel-net").textContent.includes("block of 12 layers")`)
	p.do(chromedp.DoubleClick(box("block res3a")))
	p.sees(box("res3a_branch2a,"))
	p.click(box("res3a_branch2a,"))
	p.holds(`/1 × 1/.test(document.querySelector("#panel-net").textContent) && document.querySelector("#panel-net code")`)
	p.holds(`document.querySelector("#panel-net").textContent.includes("32,896")`) // 256 x 128 weights and 128 biases
	p.click(".toggle:has(+ .frame-name)")
	p.sees(box("block res3a"))

	p.click(`[title="Open all blocks"]`)
	p.holds(`document.querySelectorAll(".box.layer").length === 178`)
	p.do(chromedp.SendKeys(`[aria-label="Find a layer"]`, "res5c_branch2b"+kb.Enter))
	p.holds(`document.querySelector(".box[aria-pressed=true]")?.ariaLabel.startsWith("res5c_branch2b,")`)
	p.holds(`(() => { const b = document.querySelector(".box[aria-pressed=true]").getBoundingClientRect(), s = document.querySelector(".sheet").getBoundingClientRect(); return b.top >= s.top && b.bottom <= s.bottom; })()`)
	p.calm()
}

func TestGraphPansAndZooms(t *testing.T) {
	p := visit(t, demo(t), 1280, 800)
	p.click(`[title="Open all blocks"]`)
	p.holds(`document.querySelectorAll(".box.layer").length === 178`)
	top := func() float64 { return js[float64](p, `document.querySelector(".sheet").scrollTop`) }
	width := func() float64 {
		return js[float64](p, `document.querySelector(".sheet svg").getBoundingClientRect().width`)
	}
	p.do(drag(200, 600, 200, 300))
	require.InDelta(t, 300, top(), 1, "dragged by 300 pixels")
	before := width()
	p.click(`[title="Zoom in"]`)
	require.InDelta(t, 1.25*before, width(), 1)
	p.click(`[title="Fit the whole net"]`)
	p.holds(`document.querySelector(".sheet svg").getBoundingClientRect().height <= document.querySelector(".sheet").clientHeight`)
	p.calm()
}

func TestKeyboardReachesEverything(t *testing.T) {
	p := visit(t, demo(t), 1280, 800)
	p.rests()
	focus := func() string {
		return js[string](p, `document.activeElement.ariaLabel ?? document.activeElement.id ?? ""`)
	}
	p.do(chromedp.Focus("#tab-net"))
	for _, panel := range []string{"picture", "inside", "question", "time", "trust", "net"} {
		p.press(kb.ArrowRight)
		p.sees("#panel-" + panel)
		require.Equal(t, "tab-"+panel, js[string](p, `document.activeElement.id`))
	}
	for i := 0; i < 12 && !js[bool](p, `document.activeElement.matches(".box")`); i++ {
		p.press(kb.Tab)
	}
	require.Contains(t, focus(), "block conv1")
	p.press(kb.ArrowDown, kb.ArrowDown, kb.Enter)
	p.sees(".box.layer")
	p.holds(`document.activeElement.matches(".box.layer")`)
	require.Contains(t, focus(), "res2b_branch2a")
	p.press(kb.ArrowDown, kb.Enter)
	p.holds(`document.querySelector("#panel-net h2").textContent.startsWith("bn2b_branch2a")`)
	p.press(kb.Escape)
	p.sees(box("block res2b"))
	p.holds(`document.activeElement.ariaLabel?.startsWith("block res2b")`)
	p.calm()
}

package browsertest

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// drop drops files on the middle of the page, as a file manager does.
func drop(files ...string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		data := &input.DragData{Items: []*input.DragDataItem{}, DragOperationsMask: 1}
		for _, f := range files {
			path, err := filepath.Abs(f)
			if err != nil {
				return err
			}
			data.Files = append(data.Files, path)
		}
		for _, kind := range []input.DispatchDragEventType{input.DragEnter, input.DragOver, input.Drop} {
			if err := input.DispatchDragEvent(kind, 700, 400, data).Do(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// drag moves the pointer with its button down.
func drag(x0, y0, x1, y1 float64) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		mouse := func(kind input.MouseType, x, y float64) error {
			return input.DispatchMouseEvent(kind, x, y).WithButton(input.Left).WithButtons(1).WithClickCount(1).Do(ctx)
		}
		if err := mouse(input.MousePressed, x0, y0); err != nil {
			return err
		}
		const steps = 20
		for i := 1; i <= steps; i++ {
			if err := mouse(input.MouseMoved, x0+(x1-x0)*float64(i)/steps, y0+(y1-y0)*float64(i)/steps); err != nil {
				return err
			}
		}
		return mouse(input.MouseReleased, x1, y1)
	})
}

const best = `document.querySelector("#panel-picture .best th")?.textContent`

func TestPictureIsAnswered(t *testing.T) {
	p := visit(t, explore(t), 1280, 800) // without pictures: one is offered
	p.panel("picture")
	p.holds(best + ` === "5"`)

	p.do(drop(filepath.Join(pictures, "two_3.jpg")))
	p.holds(best + ` === "2"`)
	p.holds(`document.querySelectorAll(".sides img")[1].naturalWidth === 64`)
	p.do(chromedp.SetUploadFiles(`input[type=file]`, absolute(t, "zero_1.png", "four_1.png"), chromedp.ByQuery))
	p.holds(best + ` === "0"`)
	require.Equal(t, 4, js[int](p, `document.querySelectorAll("#panel-picture .strip button").length`))

	file, err := os.ReadFile(filepath.Join(pictures, "three_1.png"))
	require.NoError(t, err)
	js[bool](p, fmt.Sprintf(`(async () => {
		const files = new DataTransfer();
		files.items.add(new File([Uint8Array.from(atob(%q), (c) => c.charCodeAt())], "pasted.png", { type: "image/png" }));
		document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: files, bubbles: true }));
		return true;
	})()`, base64.StdEncoding.EncodeToString(file)))
	p.holds(best + ` === "3"`)
	p.calm()

	p.click(`#panel-picture .strip button[aria-label="four_1.png"]`)
	p.holds(best + ` === "4"`)
	p.do(chromedp.Click(`//button[text()="Remove"]`))
	p.holds(`document.querySelectorAll("#panel-picture .strip button").length === 4`)
}

// Only the demo model comes with a picture.
func TestANetWithoutPicturesAsksForOne(t *testing.T) {
	p := visit(t, explore(t, "--model", "testdata/mobilenetv2.keras", "--preset", "tf"), 1280, 800)
	p.panel("picture")
	p.holds(`document.querySelector(".answer").textContent.includes("Choose a picture")`)
}

func TestWhatIsNoPictureIsRefusedInOneLine(t *testing.T) {
	p := visit(t, demo(t), 1280, 800)
	p.expect(`the server responded with a status of 415`)
	p.holds(`document.querySelector("#panel-net dl")`) // what comes before it takes drops
	p.do(drop("doc.go"))
	p.holds(`!document.getElementById("fault").hidden`)
	require.NotContains(t, p.errors(), "\n")
	p.panel("picture")
	p.do(drop(filepath.Join(pictures, "one_1.png")))
	p.holds(best + ` === "1"`)
	p.calm()
}

func TestCameraIsAnsweredLive(t *testing.T) {
	p := visit(t, demo(t), 1280, 800)
	p.panel("picture")
	p.do(chromedp.Click(`//button[text()="Camera"]`))
	p.holds(`/pictures a second/.test(document.querySelector(".camera").textContent) && document.querySelector(".best")`)
	p.do(chromedp.Click(`//button[text()="Camera"]`))
	p.holds(`document.querySelector(".camera").hidden && document.querySelector(".camera video").srcObject === null`)
	p.calm()
}

func TestInsideShowsWhatTheDeviceComputed(t *testing.T) {
	p := visit(t, demo(t), 1280, 1000)
	p.panel("inside")
	p.rests()
	require.Equal(t, 24, js[int](p, `document.querySelectorAll(".tile").length`))
	p.do(chromedp.Click(`[aria-label="Next page"]`))
	p.holds(`document.querySelector("#panel-inside").textContent.includes("25–48 of 256")`)

	// The input's map is the picture itself, x / 255.
	p.do(chromedp.SetValue(`#panel-inside select[aria-label=Layer]`, "0"), chromedp.Evaluate(`document.querySelector("#panel-inside select[aria-label=Layer]").dispatchEvent(new Event("change"))`, nil))
	p.holds(`document.querySelectorAll(".tile").length === 3`)
	p.do(chromedp.Click(`.tile[data-channel="1"]`))
	p.holds(`document.querySelector(".readout").textContent.includes("row 32, column 32")`)
	p.rests()
	require.InDelta(t, js[float64](p, `(() => {
		const image = document.querySelector(".layers img"), canvas = new OffscreenCanvas(64, 64), c = canvas.getContext("2d");
		c.drawImage(image, 0, 0);
		return c.getImageData(32, 32, 1, 1).data[1] / 255;
	})()`), js[float64](p, `Number(document.querySelector(".readout strong").textContent)`), 0.001)

	// A position of conv1 sees 7 x 7 pixels, 2 apart, from a padding of 3.
	p.do(chromedp.SendKeys(`[aria-label="Find a layer"]`, "bn_conv1\r"))
	p.do(chromedp.Focus(".stage"))
	p.holds(`/sees 7 × 7 pixels: rows 29 to 35/.test(document.querySelector(".readout").textContent)`)
	p.press(kb.ArrowDown)
	p.holds(`/sees 7 × 7 pixels: rows 31 to 37/.test(document.querySelector(".readout").textContent)`)
	p.press(kb.Enter)
	p.holds(`!document.querySelector("canvas.over").hidden`)
	p.calm()

	p.do(chromedp.Click(`//button[text()="Beside another"]`))
	p.holds(`document.querySelectorAll(".tile:first-child img").length === 2 && document.querySelector(".readout strong").textContent.includes("|")`)
	p.do(chromedp.Click(`//div[@class="heat"]//button[text()="Show"]`))
	p.holds(`[...document.querySelectorAll("img.over")].every((i) => !i.hidden && i.naturalWidth > 0)`)
	p.calm()
}

func TestQuestionIsAnswered(t *testing.T) {
	p := visit(t, demo(t), 1280, 800)
	p.panel("question")
	p.holds(`["64 of 225", "16 of 64", "4 of 16"].every((text, i) => document.querySelectorAll(".card strong")[i]?.textContent === text)`)
	p.do(chromedp.Click(`//button[text()="Compare"]`))
	p.holds(`document.querySelectorAll("#panel-question tbody tr").length === 10`)
	p.holds(`document.querySelector("#panel-question .honest").textContent.length > 20`)
	p.do(chromedp.Click(`//td[text()="v1.5"]`))
	p.holds(`[...document.querySelectorAll(".variant .card strong")].map((s) => s.textContent).join() === "225 of 225,64 of 64,16 of 16"`)
	p.do(chromedp.Click(`//figure//button[text()="show it in the graph"]`))
	p.holds(`document.querySelector(".box.layer[aria-pressed=true]")`)
	p.calm()
}

func TestTimeIsMeasured(t *testing.T) {
	p := visit(t, demo(t), 1280, 800)
	p.panel("time")
	p.holds(`document.querySelectorAll(".timed").length >= 17 && document.querySelectorAll(".roofline circle").length >= 16`)
	p.do(chromedp.SetValue(`[aria-label="Precision of what it is held against"]`, "fp16w"), chromedp.Evaluate(`(() => {
		const select = document.querySelectorAll("#panel-time select")[2];
		select.value = select.options[1].value;
		document.querySelector('[aria-label="Precision of what it is held against"]').dispatchEvent(new Event("change"));
		select.dispatchEvent(new Event("change"));
	})()`, nil))
	p.holds(`document.querySelectorAll(".track .second").length >= 17 && /times as (long|fast)/.test(document.querySelector(".total").textContent)`)
	p.shoot("time-beside")
	p.calm()
}

func TestTrustMarksWhatIsWrong(t *testing.T) {
	p := visit(t, demo(t), 1280, 800)
	p.panel("trust")
	p.do(chromedp.Click(`//button[text()="Validate"]`))
	p.holds(`document.querySelector("#panel-trust .passes")`)
	p.holds(`document.querySelectorAll(".box.right").length >= 17 && !document.querySelector(".box.wrong")`)
	p.calm()
}

// A shader that is wrong, on a real device: its layers are marked, their errors drawn.
func TestAWrongShaderIsMarked(t *testing.T) {
	p := visit(t, explore(t, "--spirv", "conv2d=../../validate/testdata/faulty/spirv/conv2d.bounds_off_by_one.spv", pictures), 1280, 800)
	p.panel("trust")
	p.holds(`document.querySelector("#panel-trust select")`)
	require.True(t, js[bool](p, `(() => {
		const select = document.querySelector("#panel-trust select"), vulkan = [...select.options].find((o) => /^\d+$/.test(o.value) && !o.disabled);
		select.value = vulkan?.value;
		select.dispatchEvent(new Event("change"));
		return Boolean(vulkan);
	})()`), "a Vulkan device to validate")
	p.do(chromedp.Click(`//button[text()="Validate"]`))
	p.sees(".box.wrong")
	p.do(chromedp.Click("#panel-trust tr.wrong"))
	p.holds(`["border, row", "Padding: off by one", "worst at"].every((text) => document.querySelector(".error-map").textContent.includes(text))`)
	p.holds(`document.querySelector(".error-map img").naturalWidth > 0`)
	p.sees(".box.layer.wrong")
	p.shoot("trust-wrong")
}

// Screen readers have a name for whatever can be used.
func TestEverythingHasAName(t *testing.T) {
	p := visit(t, demo(t), 1280, 800)
	for _, panel := range panels {
		p.panel(panel)
		p.rests()
		var nodes []*accessibility.Node
		p.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
			nodes, err = accessibility.GetFullAXTree().Do(ctx)
			return err
		}))
		for _, n := range nodes {
			if n.Ignored || n.Role == nil || n.Name == nil {
				continue
			}
			switch role := string(n.Role.Value); role {
			case `"button"`, `"combobox"`, `"searchbox"`, `"slider"`, `"tab"`, `"image"`, `"img"`, `"progressbar"`, `"checkbox"`, `"listbox"`:
				require.NotEqual(t, `""`, string(n.Name.Value), "%s: a %s without a name", panel, role)
			}
		}
	}
}

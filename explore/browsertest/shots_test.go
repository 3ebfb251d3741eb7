package browsertest

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Every panel, wide and narrow, light and dark.
func TestShots(t *testing.T) {
	address := demo(t)
	for _, width := range []int64{1280, 400} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprint(width, scheme), func(t *testing.T) {
				p := visit(t, address, width, 800, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
				for _, name := range panels {
					p.panel(name)
					p.rests()
					if name == "inside" {
						p.do(chromedp.Focus(".stage"))
						p.press(kb.Enter)
						p.holds(`!document.querySelector("canvas.over").hidden && document.querySelector(".readout strong")`)
					}
					p.shoot(fmt.Sprintf("%s-%d-%s", name, width, scheme))
				}
			})
		}
	}
}

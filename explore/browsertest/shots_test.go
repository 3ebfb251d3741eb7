package browsertest

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// Every panel, wide and narrow, light and dark.
func TestShots(t *testing.T) {
	address := explore(t, pictures)
	for _, width := range []int64{1280, 400} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprint(width, scheme), func(t *testing.T) {
				p := visit(t, address, width, 800, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
				for _, name := range []string{"net", "picture", "inside", "question", "time", "trust"} {
					p.panel(name)
					p.holds(`!document.querySelector("main [aria-busy=true]")`)
					p.shoot(fmt.Sprintf("%s-%d-%s", name, width, scheme))
				}
			})
		}
	}
}

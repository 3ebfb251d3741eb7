package view

import (
	"fmt"
	"image"
	"image/color"
	"io"
	"strings"
)

// HalfBlocks writes a picture for a terminal of 24-bit colour: a character is
// two pixels, the upper one its foreground, the lower one its background.
func HalfBlocks(w io.Writer, picture image.Image) error {
	var b strings.Builder
	area := picture.Bounds()
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA) }
	for y := area.Min.Y; y < area.Max.Y; y += 2 {
		for x := area.Min.X; x < area.Max.X; x++ {
			upper := at(x, y)
			fmt.Fprintf(&b, "\x1b[38;2;%d;%d;%dm", upper.R, upper.G, upper.B)
			if y+1 < area.Max.Y {
				lower := at(x, y+1)
				fmt.Fprintf(&b, "\x1b[48;2;%d;%d;%dm", lower.R, lower.G, lower.B)
			}
			b.WriteString("▀")
		}
		b.WriteString("\x1b[0m\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

package pictures

import "image"

// Image returns the picture as package image has it, opaque.
func (p *RGB) Image() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Width * p.Height {
		copy(img.Pix[4*i:], p.Pix[3*i:3*i+3])
		img.Pix[4*i+3] = 0xff
	}
	return img
}

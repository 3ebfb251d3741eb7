package pictures

import (
	"image/color"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnImageHasThePicturesColours(t *testing.T) {
	img := (&RGB{Width: 2, Height: 1, Pix: []byte{1, 2, 3, 250, 251, 252}}).Image()
	require.Equal(t, color.NRGBA{1, 2, 3, 255}, img.NRGBAAt(0, 0))
	require.Equal(t, color.NRGBA{250, 251, 252, 255}, img.NRGBAAt(1, 0))
}

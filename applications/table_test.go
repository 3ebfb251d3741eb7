package applications

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/structure"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// TestTheTable makes the first net of each family, or with VKERAS_TABLE=all (make
// applications) every one, with its top and without: its weights have the digests
// that Python computed from Keras's own.
func TestTheTable(t *testing.T) {
	require.Greater(t, len(entries()), 40)
	for i := range entries() {
		e := &entries()[i]
		if i > 0 && entries()[i-1].Family == e.Family && entries()[i-1].Twin == e.Twin && os.Getenv("VKERAS_TABLE") != "all" {
			continue
		}
		t.Run(e.Name+" "+e.Maker, func(t *testing.T) {
			t.Parallel()
			_, err := pictures.ParsePreset(string(e.Preset))
			require.NoError(t, err)
			const classes = 11
			top, err := e.graph(true, classes, e.Input)
			require.NoError(t, err)
			require.Equal(t, nn.Shape{classes}, top.Outputs[0].Shape)
			head := append(e.Head.Clone(), classes)
			require.Equal(t, e.Body, digestOfGraph(top.Params())-digestOf(head)-digestOf(nn.Shape{classes}))
			bare, err := e.graph(false, 0, e.Input)
			require.NoError(t, err)
			require.Equal(t, e.Features, digestOfGraph(bare.Params()))

			known := Recognise(top)
			require.Equal(t, e.Name, known.Architecture)
			require.True(t, known.Whole)
			require.Equal(t, e.Preset, known.Preset)
			require.False(t, known.ImageNet)
			known = Recognise(bare)
			require.Equal(t, e.Name, known.Architecture)
			require.False(t, known.Whole)
			require.Equal(t, e.Preset, known.Preset)
		})
	}
}

// TestPaddingFollowsTheSize compares the padding of pictures of odd size with Keras's
// rule, correct_pad: a 3x3 of stride 2 has its taps about the same positions as with
// padding="same".
func TestPaddingFollowsTheSize(t *testing.T) {
	tried := 0
	for i := range entries() {
		e := &entries()[i]
		input := nn.Shape{75, 130, 3}
		switch e.Name {
		case "mobilenetv2", "efficientnetb0", "mobilenetv3small":
		case "nasnetmobile":
			input = e.Input // of which its first convolution makes 111 x 111
		default:
			continue
		}
		g, err := e.graph(false, 0, input)
		require.NoError(t, err)
		for _, n := range g.Nodes {
			pad, ok := n.Op.(*nn.ZeroPad)
			if !ok || !slices.Contains(e.Padded, n.Layer) {
				continue
			}
			tried++
			for axis, found := range [][2]int{{pad.Pad.Top, pad.Pad.Bottom}, {pad.Pad.Left, pad.Pad.Right}} {
				odd := n.Inputs[0].Shape[axis] % 2
				require.Equal(t, found[1]-1+odd, found[0], "%s: %s, axis %d", e.Name, n.Layer, axis)
			}
		}
	}
	require.Greater(t, tried, 30)
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range Names() {
		require.False(t, seen[name], name)
		seen[name] = true
	}
}

// TestNetsOfEqualWeightsAreTold lists the nets whose weights have the same shapes:
// each pair must be told apart by what is known of the file, as EfficientNet is.
func TestNetsOfEqualWeightsAreTold(t *testing.T) {
	k := structure.Kinds{}
	for i := range entries() {
		for j := range entries()[:i] {
			a, b := &entries()[i], &entries()[j]
			if a.Features != b.Features {
				continue
			}
			require.True(t, a.Family == "efficientnet" || a.Twin && a.Name == b.Name, "%s and %s", a.Name, b.Name)
			ga, err := a.graph(false, 0, nn.Shape{64, 64, 3})
			require.NoError(t, err)
			gb, err := b.graph(false, 0, nn.Shape{64, 64, 3})
			require.NoError(t, err)
			require.NotEqual(t, k.Of(ga)[ga.Outputs[0].Index], k.Of(gb)[gb.Outputs[0].Index])
		}
	}
}

// A net with a Flatten has other weights at another size, and is the same net.
func TestAWholeNetIsRecognisedAtAnotherSize(t *testing.T) {
	for i := range entries() {
		e := &entries()[i]
		if e.Name != "vgg16" && e.Name != "mobilenet-0.25" {
			continue
		}
		g, err := e.graph(true, 5, nn.Shape{96, 96, 3})
		require.NoError(t, err)
		known := Recognise(g)
		require.Equal(t, e.Name, known.Architecture)
		require.True(t, known.Whole)
	}
}

package pictures

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Who runs the tests with another library, by LD_LIBRARY_PATH, names its API in
// VKERAS_TURBOJPEG, "TurboJPEG 3", so that nothing else is tried by mistake.
func TestTheLibraryIsOfTheAPIThatIsAskedFor(t *testing.T) {
	want := os.Getenv("VKERAS_TURBOJPEG")
	if want == "" {
		t.Skip("VKERAS_TURBOJPEG asks for none")
	}
	name, err := TurboDecoder.JPEG()
	require.NoError(t, err)
	require.Contains(t, name, want)
	t.Log(name)
}

package pictures

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/vkeras/vkeras/internal/hostile"
)

// FuzzJPEG is FuzzDecode for libjpeg-turbo alone: with -asan the sanitizer watches
// what the library writes, scaled down too.
func FuzzJPEG(f *testing.F) {
	needTurbo(f)
	c := openCorpus(f)
	for i, name := range c.names("files") {
		if strings.HasSuffix(name, ".jpg") {
			f.Add(c.file(f, name), byte(i))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, shrink byte) {
		if !bytes.HasPrefix(data, []byte("\xff\xd8\xff")) {
			return
		}
		o := DecodeOptions{MaxPixels: 1 << 20, Decoder: TurboDecoder}
		o.Shrink.Width, o.Shrink.Height = int(shrink&15), int(shrink>>4)
		hostile.Within(t, len(data), func() {
			p, info, err := Decode(bytes.NewReader(data), o)
			switch {
			case err != nil && !errors.Is(err, ErrFormat) && !errors.Is(err, ErrTooLarge):
				t.Fatalf("an error of no class: %v", err)
			case err == nil && (len(p.Pix) != 3*p.Width*p.Height || info.Decoder == goDecoder):
				t.Fatalf("%d bytes for %d x %d, by %q", len(p.Pix), p.Width, p.Height, info.Decoder)
			}
		})
	})
}

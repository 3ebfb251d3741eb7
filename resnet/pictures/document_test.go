package pictures

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sentences returns what docs/pictures.md says: each sentence, item of a list and row
// of a table, without the headings, the examples and the rulers.
func sentences(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "pictures.md"))
	require.NoError(t, err)
	plain := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(string(text), "\n")
	plain = regexp.MustCompile(`\n- `).ReplaceAllString(plain, "\n\n")
	ends := regexp.MustCompile(`\. [A-Z\x60"]`)
	var list []string
	for _, paragraph := range strings.Split(plain, "\n\n") {
		paragraph = strings.TrimSpace(paragraph)
		if strings.HasPrefix(paragraph, "#") || paragraph == "" {
			continue
		}
		if strings.HasPrefix(paragraph, "|") {
			list = append(list, strings.Split(paragraph, "\n")[2:]...)
			continue
		}
		paragraph = strings.Join(strings.Fields(paragraph), " ")
		for at := ends.FindStringIndex(paragraph); at != nil; at = ends.FindStringIndex(paragraph) {
			list = append(list, paragraph[:at[0]+1])
			paragraph = paragraph[at[0]+2:]
		}
		list = append(list, paragraph)
	}
	return list
}

// heldBy says which test holds a sentence that begins so, as FILE TEST from this
// folder or the command's; explained is for those that claim nothing of a program,
// measured for figures that were taken by hand and depend on the machine.
var heldBy = []struct{ begins, by string }{
	{"\"The converted model is wrong\"", explained},
	{"So the way from a file", "preset_test.go TestTensorReadsTheDemoPicturesAsKerasDoes"},
	{"| decode |", "decode_test.go TestDecodeGivesThePixelsOfPillow"},
	{"| turn upright", "decode_test.go TestDecodeTurnsUprightOnlyIfAsked"},
	{"| resize to bytes", "resize_test.go TestResizeGivesTheBytesOfLoadImg"},
	{"| resize to floats", "resize_test.go TestResizeFloatGivesTheFloatsOfTensorFlow"},
	{"| the same with antialiasing", "resize_test.go TestResizeFloatGivesTheFloatsOfTensorFlow"},
	{"| to an array", "preset_test.go TestPresetsGiveTheFloatsOfPreprocessInput"},
	{"| grey, for nets", "grey_test.go TestGreyPicturesAreThoseOfKeras"},
	{"| scale |", "preset_test.go TestPresetsGiveTheFloatsOfPreprocessInput"},
	{"| | `keras.applications.resnet.preprocess_input`", "preset_test.go TestPresetsGiveTheFloatsOfPreprocessInput"},
	{"| | `keras.applications.resnet_v2.preprocess_input`", "preset_test.go TestPresetsGiveTheFloatsOfPreprocessInput"},
	{"| | `keras.applications.imagenet_utils.preprocess_input", "preset_test.go TestPresetsGiveTheFloatsOfPreprocessInput"},
	{"| name the classes", "../../cmd/vkeras/pictures_test.go TestImageNetsNamesComeFromKerassFolder"},
	{"`pictures.Tensor` does all", "preset_test.go TestTensorIsDecodeThenResize"},
	{"Against Pillow 13.0.0", "document_test.go TestTheCorpusIsOfTheVersionsThatTheDocumentNames"},
	{"| PNG, GIF, BMP, TIFF, WebP |", "decode_test.go TestDecodeGivesThePixelsOfPillow"},
	{"| JPEG: 4:4:4,", "decode_test.go TestDecodeGivesThePixelsOfPillow"},
	{"| the same, by Go's decoder", "decode_test.go TestDecodeGivesThePixelsOfPillow"},
	{"| Pillow's six filters", "resize_test.go TestResizeGivesTheBytesOfLoadImg"},
	{"| `tf-bilinear` |", "resize_test.go TestResizeFloatGivesTheFloatsOfTensorFlow"},
	{"| `tf-bilinear-antialias` |", "resize_test.go TestResizeFloatGivesTheFloatsOfTensorFlow"},
	{"| the presets |", "preset_test.go TestPresetsGiveTheFloatsOfPreprocessInput"},
	{"JPEG is decoded by libjpeg-turbo", "turbo_test.go TestADecoderThatIsNotThereIsNamed"},
	{"Of 3,000 generated files", "thousands_test.go TestThousandsOfFilesGiveThePixelsOfPillow"},
	{"Without the library Go's", "decode_test.go TestDecodeGivesThePixelsOfPillow"},
	{"`--decoder go` decodes by Go", "../../cmd/vkeras/pictures_test.go TestTheDecoderIsChosenAndTold"},
	{"`classify --json` says what decoded", "../../cmd/vkeras/pictures_test.go TestTheDecoderIsChosenAndTold"},
	{"`--fast-jpeg` is off by default", "turbo_test.go TestShrinkDecodesAsPillowsDraft"},
	{"Go's decoder has no such thing.", "turbo_test.go TestShrinkDecodesAsPillowsDraft"},
	{"Each of these does as", "decode_test.go TestDecodeTellsWhatItDropped"},
	{"alpha is dropped", "decode_test.go TestDecodeTellsWhatItDropped"},
	{"16-bit grey saturates", "decode_test.go TestDecodeTellsWhatItDropped"},
	{"of an animated GIF", "decode_test.go TestDecodeTellsWhatItDropped"},
	{"an EXIF orientation is not applied", "decode_test.go TestDecodeTurnsUprightOnlyIfAsked"},
	{"Palettes (1 to 8 bits", "decode_test.go TestDecodeGivesThePixelsOfPillow"},
	{"So do files with faults", "document_test.go TestFaultsThatPillowPassesOverChangeNoPixel"},
	{"So do BMP of OS/2", "decode_test.go TestDecodeGivesThePixelsOfPillow"},
	{"`tools/keras/picture_files.py` makes", "thousands_test.go TestThousandsOfFilesGiveThePixelsOfPillow"},
	{"Pillow reads more kinds.", explained},
	{"Refused, each with one line", "document_test.go TestWhatTheDocumentCallsNotReadIsRefusedByName"},
	{"JPEG of 12 bits", "document_test.go TestWhatTheDocumentCallsNotReadIsRefusedByName"},
	{"PNG with a wrong checksum", "document_test.go TestWhatTheDocumentCallsNotReadIsRefusedByName"},
	{"TIFF with JPEG", "document_test.go TestWhatTheDocumentCallsNotReadIsRefusedByName"},
	{"HEIC, AVIF, JPEG 2000, JPEG XL, PPM", "decode_test.go TestPicturesOfKindsThatAreNotReadAreNamed"},
	{"In a folder HEIC", "../../classify/list_test.go TestPicturesOfUnreadKindsInAFolderAreCounted"},
	{"A file that is cut short", "decode_test.go TestDecodeRefusesWhatIsCutShort"},
	{"WebP: lossy, lossless", "decode_test.go TestDecodeGivesThePixelsOfPillow"},
	{"No colour profile", "document_test.go TestAColourProfileChangesNoPixel"},
	{"A picture of more than 178,956,970", "decode_test.go TestDecodeChecksThePixelCountFirst"},
	{"`--max-pixels` moves the limit", "../../cmd/vkeras/pictures_test.go TestPicturesBeyondTheLimitAreRefused"},
	{"A JPEG of more than 100 scans", "decode_test.go TestDecodeRefusesAJPEGOfVeryManyScans"},
	{"Pictures are decoded on all cores", "atonce_test.go TestPicturesWaitWhileThoseBeingDecodedAreTooLarge"},
	{"A decoder's own picture", "preset_test.go TestTensorIsDecodeThenResize"},
	{"`vkeras classify` with the demo model", measured},
	{"| JPEG 4:2:0, baseline", measured},
	{"| JPEG 4:4:4, baseline", measured},
	{"| JPEG 4:2:0, progressive", measured},
	{"| JPEG 4:4:4, progressive", measured},
	{"| JPEG, CMYK, 58 MB", measured},
	{"| PNG, RGB, 147 MB", measured},
	{"The coefficients of a progressive JPEG", measured},
	{"`x.npy` holds what the net got", "../../cmd/vkeras/pictures_test.go TestDumpInputIsWhatTheNetGot"},
	{"In Python, `numpy.abs", "../../cmd/vkeras/pictures_test.go TestDumpInputIsWhatTheNetGot"},
	{"Two contradictions are told", "../../cmd/vkeras/pictures_test.go TestAPresetThatCannotFitIsDoubted"},
	{"A `--preset` that cannot be", "../../cmd/vkeras/pictures_test.go TestAPresetThatCannotFitIsDoubted"},
	{"and an input of `vkeras predict`", "../../cmd/vkeras/pictures_test.go TestPredictDoubtsInputsThatWereNotScaled"},
}

const explained, measured = "explained", "measured"

func TestEverySentenceOfTheDocumentIsHeldByATest(t *testing.T) {
	all := sentences(t)
	used := map[string]bool{}
	for _, s := range all {
		found := 0
		for _, h := range heldBy {
			if strings.HasPrefix(s, h.begins) {
				found++
				used[h.begins] = true
			}
		}
		require.Equal(t, 1, found, "entries for %q", s)
	}
	for _, h := range heldBy {
		require.True(t, used[h.begins], "no sentence begins %q", h.begins)
		file, test, ok := strings.Cut(h.by, " ")
		if !ok {
			require.Contains(t, []string{explained, measured}, h.by)
			continue
		}
		code, err := os.ReadFile(filepath.FromSlash(file))
		require.NoError(t, err, h.begins)
		require.Contains(t, string(code), "func "+test+"(t *testing.T)", h.begins)
	}
}

func TestTheCorpusIsOfTheVersionsThatTheDocumentNames(t *testing.T) {
	var about struct{ Pillow, Keras, Tensorflow string }
	require.NoError(t, json.Unmarshal(openCorpus(t)["about.json"], &about))
	require.Contains(t, strings.Join(sentences(t), "\n"), "Against Pillow "+about.Pillow+", Keras "+about.Keras+" and TensorFlow "+about.Tensorflow[:4])
}

func TestFaultsThatPillowPassesOverChangeNoPixel(t *testing.T) {
	c := openCorpus(t)
	for _, name := range []string{"photo.png", "rgb_interlaced.png", "palette_4bit.png", "rgba_16bit.png"} {
		whole, want := c.file(t, name), c.picture(t, "decoded/"+name)
		end, pixels := len(whole)-12, bytes.Index(whole, []byte("IDAT"))
		length := int(binary.BigEndian.Uint32(whole[pixels-4:]))
		wrong := bytes.Clone(whole)
		wrong[pixels+4+length] ^= 1
		for fault, data := range map[string][]byte{
			"no end": whole[:end], "half an end": whole[:end+6], "more behind": append(bytes.Clone(whole), "more"...),
			"wrong checksum of the pixels": wrong, "wrong checksum behind": append(bytes.Clone(whole[:len(whole)-1]), whole[len(whole)-1]^1),
			"no checksum": whole[:end-4], "text for an end": append(bytes.Clone(whole[:end]), "- - - - - -"...),
		} {
			got, _ := decodeFile(t, data, DecodeOptions{})
			require.Equal(t, want, got, "%s: %s", name, fault)
		}
	}
	whole, want := c.file(t, "plain.gif"), c.picture(t, "decoded/plain.gif")
	frame := bytes.LastIndex(whole, []byte(",\x00\x00\x00\x00"))
	for fault, data := range map[string][]byte{
		"no end": whole[:len(whole)-1], "more behind": append(bytes.Clone(whole), "more"...),
		"bytes between": slices.Concat(whole[:frame], []byte("\x00\x07"), whole[frame:]),
	} {
		got, _ := decodeFile(t, data, DecodeOptions{})
		require.Equal(t, want, got, fault)
	}
}

func TestWhatTheDocumentCallsNotReadIsRefusedByName(t *testing.T) {
	c := openCorpus(t)
	jpeg := func(name string, edit func(frame []byte)) []byte {
		data := c.file(t, name)
		edit(data[bytes.Index(data, []byte("\xff\xc0")):])
		return data
	}
	tiff := func(name string, change map[uint16][]uint) []byte {
		p, err := openTIFF(c.file(t, name))
		require.NoError(t, err)
		data, err := io.ReadAll(p.with(change))
		require.NoError(t, err)
		return data
	}
	png := c.file(t, "noise.png")
	rows := bytes.Clone(png)
	rows[23]++ // of the height
	binary.BigEndian.PutUint32(rows[29:], crc32.ChecksumIEEE(rows[12:29]))
	sum := bytes.Clone(png)
	sum[len(sum)-17] ^= 1 // the last byte of the compressed data

	for name, bad := range map[string]struct {
		data    []byte
		decoder Decoder
		says    string
	}{
		"JPEG of 12 bits":                   {jpeg("photo_444.jpg", func(f []byte) { f[4] = 12 }), AutoDecoder, "jpeg: "},
		"JPEG, lossless":                    {jpeg("photo_444.jpg", func(f []byte) { f[1] = 0xc3 }), AutoDecoder, "jpeg: "},
		"JPEG, arithmetic coding, by Go":    {jpeg("photo_444.jpg", func(f []byte) { f[1] = 0xc9 }), GoDecoder, "jpeg: unsupported"},
		"JPEG, uneven sampling, by Go":      {jpeg("photo_444.jpg", func(f []byte) { f[11], f[14] = 0x21, 0x12 }), GoDecoder, "jpeg: unsupported"},
		"PNG, checksum":                     {sum, "", "png: zlib: invalid checksum"},
		"PNG, too few rows":                 {rows, "", "png: the pixels end early"},
		"TIFF with JPEG":                    {tiff("mode_RGB.tif", map[uint16][]uint{tagCompression: {7}}), "", "tiff: compressed by JPEG"},
		"TIFF with Zstandard":               {tiff("mode_RGB.tif", map[uint16][]uint{tagCompression: {50000}}), "", "tiff: compressed by Zstandard"},
		"TIFF with LZMA":                    {tiff("mode_RGB.tif", map[uint16][]uint{tagCompression: {34925}}), "", "tiff: compressed by LZMA"},
		"TIFF with WebP":                    {tiff("mode_RGB.tif", map[uint16][]uint{tagCompression: {50001}}), "", "tiff: compressed by WebP"},
		"TIFF in YCbCr":                     {tiff("mode_RGB.tif", map[uint16][]uint{tagPhotometric: {6}}), "", "(YCbCr)"},
		"TIFF in CIELab":                    {tiff("mode_RGB.tif", map[uint16][]uint{tagPhotometric: {8}}), "", "(CIELab)"},
		"TIFF of floats":                    {tiff("mode_L.tif", map[uint16][]uint{tagSampleFormat: {3}}), "", "tiff: samples of floats"},
		"TIFF of 32 bits":                   {tiff("mode_L.tif", map[uint16][]uint{tagBits: {32}}), "", "tiff: samples of 32 bits"},
		"TIFF, bits in reverse order":       {tiff("mode_L.tif", map[uint16][]uint{tagFillOrder: {2}}), "", "tiff: bits in reverse order"},
		"TIFF, differences of five samples": {tiff("mode_RGB.tif", map[uint16][]uint{tagBits: {8, 8, 8, 8, 8}, tagSamples: {5}, tagExtraSamples: {0, 0}, tagPredictor: {2}}), "", "tiff: differences of 5 samples"},
		"TIFF in planes of 16 bits":         {planar16(c.file(t, "rgb_16bit_little.tif")), "", "tiff: planes of 3 samples of 16 bits"},
	} {
		_, _, err := Decode(bytes.NewReader(bad.data), DecodeOptions{Decoder: bad.decoder})
		require.ErrorIs(t, err, ErrFormat, name)
		require.ErrorContains(t, err, bad.says, name)
		require.NotContains(t, err.Error(), "\n", name)
	}
}

// planar16 says in data that each sample is stored apart: with drops that tag.
func planar16(data []byte) []byte {
	at := int(binary.LittleEndian.Uint32(data[4:])) + 2
	for ; binary.LittleEndian.Uint16(data[at:]) != tagOrientation; at += tiffEntryBytes {
	}
	// The orientation gives its place.
	binary.LittleEndian.PutUint16(data[at:], tagPlanes)
	data[at+8] = 2
	return data
}

func TestAColourProfileChangesNoPixel(t *testing.T) {
	c := openCorpus(t)
	whole, want := c.file(t, "photo.png"), c.picture(t, "decoded/photo.png")
	body := []byte("iCCPwide\x00\x00no profile that anybody applies")
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body)-4))
	chunk = binary.BigEndian.AppendUint32(append(chunk, body...), crc32.ChecksumIEEE(body))
	const behindHeader = 33
	got, _ := decodeFile(t, slices.Concat(whole[:behindHeader], chunk, whole[behindHeader:]), DecodeOptions{})
	require.Equal(t, want, got)
}

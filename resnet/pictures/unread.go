package pictures

import "strings"

// unreadMagics are how files begin that are pictures of kinds that are not read; '?'
// stands for any byte.
var unreadMagics = []struct{ magic, kind string }{
	{"????ftyphei", "HEIC"}, {"????ftyphev", "HEIC"}, {"????ftypmif1", "HEIF"}, {"????ftypmsf1", "HEIF"},
	{"????ftypavi", "AVIF"}, {"????ftypcrx", "a camera's raw picture (CR3)"}, {"????ftypjxl", "JPEG XL"},
	{"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"}, {"\xff\x4f\xff\x51", "JPEG 2000"},
	{"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"}, {"\xff\x0a", "JPEG XL"}, {"II\xbc\x01", "JPEG XR"},
	{"P1\n", "PBM"}, {"P2\n", "PGM"}, {"P3\n", "PPM"}, {"P4\n", "PBM"}, {"P5\n", "PGM"}, {"P6\n", "PPM"}, {"P7\n", "PAM"},
	{"P4 ", "PBM"}, {"P5 ", "PGM"}, {"P6 ", "PPM"}, {"Pf\n", "PFM"}, {"PF\n", "PFM"},
	{"\x00\x00\x01\x00??", "ICO, icons"}, {"\x00\x00\x02\x00??", "CUR, a cursor"}, {"icns", "ICNS, icons"},
	{"8BPS\x00", "PSD"}, {"qoif", "QOI"}, {"DDS ", "DDS"}, {"BPG\xfb", "BPG"}, {"v/1\x01", "OpenEXR"}, {"#?RADIANCE", "Radiance HDR"},
	{"AT&TFORM", "DjVu"}, {"FORM????ILBM", "ILBM"}, {"SIMPLE  =", "FITS"}, {"\x0a\x05\x01", "PCX"},
	{"%PDF-", "PDF"}, {"%!PS", "PostScript"}, {"<svg", "SVG"}, {"RIFF????AVI ", "an AVI film"},
	{"????ftyp", "a film, or a picture of a kind like HEIC"},
}

// unreadKind names the kind of a picture by its first bytes, "" where it is not known
// to be one.
func unreadKind(head []byte) string {
	for _, k := range unreadMagics {
		if hasMagic(head, k.magic) {
			return k.kind
		}
	}
	return ""
}

// UnreadKind names the kind of picture that a file's name with this extension, such
// as ".HEIC", says it is, if that is none that is read; "" for others.
func UnreadKind(extension string) string {
	return map[string]string{
		".heic": "HEIC", ".heif": "HEIF", ".hif": "HEIF", ".avif": "AVIF", ".jp2": "JPEG 2000", ".j2k": "JPEG 2000", ".jpx": "JPEG 2000", ".jxl": "JPEG XL",
	}[strings.ToLower(extension)]
}

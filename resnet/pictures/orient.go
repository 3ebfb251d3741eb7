package pictures

import (
	"bytes"
	"encoding/binary"
)

// orientation returns the EXIF orientation, 1..8, in a block of TIFF structure,
// 0 if it states none. The block may begin with "Exif\0\0".
func orientation(block []byte) int {
	v := tiffTag(bytes.TrimPrefix(block, []byte("Exif\x00\x00")), tagOrientation)
	if v < 1 || v > 8 {
		return 0
	}
	return v
}

// tiffTag returns the first value of a tag in the first directory of a TIFF
// structure, -1 if there is none (TIFF 6.0, section 2). It reads that directory
// and nothing it points to: readers of all of it, such as goexif, follow chains of
// directories that may form a ring.
func tiffTag(data []byte, tag uint16) int {
	const typeShort, typeLong = 3, 4
	order, entries := tiffDirectory(data)
	for ; len(entries) >= tiffEntryBytes; entries = entries[tiffEntryBytes:] {
		e := entries[:tiffEntryBytes]
		if order.Uint16(e) == tag {
			switch order.Uint16(e[2:]) {
			case typeShort:
				return int(order.Uint16(e[8:]))
			case typeLong:
				return int(order.Uint32(e[8:]))
			}
			return -1
		}
	}
	return -1
}

const tiffEntryBytes = 12

// tiffDirectory returns the entries of the first directory, those that are there;
// nothing if data is no TIFF structure.
func tiffDirectory(data []byte) (order binary.ByteOrder, entries []byte) {
	switch {
	case len(data) < 8:
		return nil, nil
	case string(data[:4]) == "II*\x00":
		order = binary.LittleEndian
	case string(data[:4]) == "MM\x00*":
		order = binary.BigEndian
	default:
		return nil, nil
	}
	at := int64(order.Uint32(data[4:]))
	if at+2 > int64(len(data)) {
		return nil, nil
	}
	all := data[at+2:]
	n := min(tiffEntryBytes*int(order.Uint16(data[at:])), len(all))
	return order, all[:n]
}

// orient returns the picture turned upright from EXIF orientation o, 2..8, as
// PIL.ImageOps.exif_transpose.
func orient(src *RGB, o int) *RGB {
	right, bottom := src.Width-1, src.Height-1
	dst := newRGB(src.Width, src.Height)
	if o >= 5 {
		dst = newRGB(src.Height, src.Width)
	}
	for y := range dst.Height {
		row := dst.row(y)
		for x := range dst.Width {
			var from point
			switch o {
			case 2: // mirrored left to right
				from = point{right - x, y}
			case 3: // upside down
				from = point{right - x, bottom - y}
			case 4: // mirrored top to bottom
				from = point{x, bottom - y}
			case 5: // mirrored on the main diagonal
				from = point{y, x}
			case 6: // turned a quarter left
				from = point{y, bottom - x}
			case 7: // mirrored on the other diagonal
				from = point{right - y, bottom - x}
			default: // turned a quarter right
				from = point{right - y, x}
			}
			copy(row[3*x:3*x+3], src.Pix[3*(from.y*src.Width+from.x):])
		}
	}
	return dst
}

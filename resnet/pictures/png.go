package pictures

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/adler32"
	"hash/crc32"
	"image"
	"image/png"
	"io"
)

const (
	pngHeadBytes = 8 // of a chunk: its length and type
	pngCRCBytes  = 4
	pngFirst     = 8 // offset of the first chunk
	pngIHDRBytes = 13
)

// sizeOfPNG returns the size that the header chunk states.
func sizeOfPNG(data []byte) (point, error) {
	body := pngChunk(data, "IHDR")
	if len(body) < pngIHDRBytes {
		return point{}, fmt.Errorf("%w: png: no header chunk", ErrFormat)
	}
	// Beyond 31 bits a size is none (PNG, section 11.2.2).
	width, height := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
	return point{int(width &^ (1 << 31)), int(height &^ (1 << 31))}, nil
}

func decodePNG(data []byte, info *Info, _ DecodeOptions) (source, error) {
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		if img, err = decodeUnevenPNG(data, err); err != nil {
			return source{}, err
		}
	}
	info.Orientation = orientation(pngChunk(data, "eXIf"))
	// What image/png reads is the first frame, or a still picture that stands for all.
	if control := pngChunk(data, "acTL"); len(control) == 8 && binary.BigEndian.Uint32(control) > 1 {
		info.warn(warnFrames)
	}
	const depthAt, colourAt, grey = 24, 25, 0
	// image/png gives 16-bit grey with a transparent level as NRGBA64.
	if n, ok := img.(*image.NRGBA64); ok && data[depthAt] == 16 && data[colourAt] == grey {
		info.warn(warnGrey16)
		return fromGrey16(n.Pix, n.Stride, 8, sizeOf(n)), nil
	}
	return fromImage(img, info)
}

// pngChunk returns the body of the first chunk of that type, nil if there is none.
func pngChunk(data []byte, name string) []byte {
	for at := pngFirst; at+pngHeadBytes <= len(data); {
		length, body := binary.BigEndian.Uint32(data[at:]), at+pngHeadBytes
		if uint64(length) > uint64(len(data)-body) {
			return nil
		}
		n := int(length)
		if string(data[at+4:body]) == name {
			return data[body : body+n]
		}
		at = body + n + pngCRCBytes
	}
	return nil
}

// decodeUnevenPNG decodes a file that image/png refused, for strict, if Pillow
// reads it: what is behind the last pixel, checksums of pixel chunks and the order of
// the chunks do not matter to it (PngImagePlugin.py, ZipDecode.c). image/png gets
// the same pixels in a file without fault.
func decodeUnevenPNG(data []byte, strict error) (image.Image, error) {
	p, err := openUnevenPNG(data)
	if err != nil {
		return nil, strict
	}
	size, _ := sizeOfPNG(data)
	need := pngRawBytes(p.header, size)
	if need < 0 {
		return nil, strict
	}
	inflate, err := zlib.NewReader(bytes.NewReader(p.pixels))
	if err != nil {
		return nil, err
	}
	defer inflate.Close()
	stored := &storedPNG{raw: inflate, left: need, sum: adler32.New()}
	stored.begin(p)
	img, err := png.Decode(stored)
	if stored.err != nil {
		err = stored.err
	}
	return img, err
}

// unevenPNG is what a PNG file's pixels depend on.
type unevenPNG struct {
	header, palette, transparent []byte // bodies of IHDR, PLTE and tRNS
	pixels                       []byte // bodies of the first run of IDAT chunks
}

var errPNG = errors.New("not read by Pillow either")

// openUnevenPNG holds the file to what Pillow asks for: right checksums up to the
// pixels, whole chunks behind them up to IEND or to what is no chunk.
func openUnevenPNG(data []byte) (p unevenPNG, err error) {
	at := pngFirst
	inPixels, behind := false, false
	for {
		if at+pngHeadBytes > len(data) || !isPNGType(data[min(at+4, len(data)):min(at+8, len(data))]) {
			break
		}
		length, name, body := binary.BigEndian.Uint32(data[at:]), string(data[at+4:at+8]), data[at+pngHeadBytes:]
		whole := uint64(length) <= uint64(len(body))
		pixels := name == "IDAT"
		if inPixels && !pixels {
			inPixels, behind = false, true
		}
		switch {
		case behind && name == "IEND":
			return p, nil
		case pixels && !behind:
			inPixels = true
			if !whole { // the end may be missing that no pixel needs
				p.pixels = append(p.pixels, body...)
				return p, nil
			}
			p.pixels = append(p.pixels, body[:length]...)
		case !whole:
			return p, errPNG
		case !behind:
			sum := body[length:]
			if len(sum) < pngCRCBytes || binary.BigEndian.Uint32(sum) != crc32.ChecksumIEEE(data[at+4:at+pngHeadBytes+int(length)]) {
				return p, errPNG
			}
			switch name {
			case "IHDR":
				p.header = body[:length]
			case "PLTE":
				p.palette = body[:length]
			case "tRNS":
				p.transparent = body[:length]
			}
		}
		at += pngHeadBytes + int(length) + pngCRCBytes
	}
	if len(p.pixels) == 0 || len(p.header) < pngIHDRBytes {
		return p, errPNG
	}
	return p, nil
}

// isPNGType reports whether four bytes can name a chunk.
func isPNGType(name []byte) bool {
	for _, c := range name {
		if c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return len(name) == 4
}

// pngRawBytes returns how many bytes the pixels have when inflated, with the filter
// byte of each row; -1 where the header is none.
func pngRawBytes(header []byte, size point) int64 {
	if len(header) < pngIHDRBytes {
		return -1
	}
	channels := map[byte]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[header[9]]
	bits := channels * int64(header[8])
	if bits < 1 || bits > 64 {
		return -1
	}
	rows := func(width, height int) int64 {
		if width <= 0 || height <= 0 {
			return 0
		}
		return int64(height) * (1 + (int64(width)*bits+7)/8)
	}
	if header[12] != 1 {
		return rows(size.x, size.y)
	}
	var all int64
	for _, pass := range [7][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} { // Adam7
		all += rows((size.x-pass[0]+pass[2]-1)/pass[2], (size.y-pass[1]+pass[3]-1)/pass[3])
	}
	return all
}

// storedPNG is a PNG file whose pixels are stored, not compressed, made while it is
// read.
type storedPNG struct {
	raw  io.Reader
	left int64 // bytes of raw to come
	sum  hash.Hash32
	out  bytes.Buffer
	done bool
	err  error
}

func (s *storedPNG) begin(p unevenPNG) {
	s.out.WriteString("\x89PNG\r\n\x1a\n")
	s.chunk("IHDR", p.header[:pngIHDRBytes])
	const indexed = 3
	palette := p.palette[:min(len(p.palette)/3, 256)*3]
	if p.header[9] == indexed {
		if len(palette) == 0 {
			palette = make([]byte, 3) // black, as in Pillow
		}
		s.chunk("PLTE", palette)
		if n := min(len(p.transparent), len(palette)/3); n > 0 {
			s.chunk("tRNS", p.transparent[:n])
		}
	} else if len(p.transparent) == 2 && p.header[9] == 0 || len(p.transparent) == 6 && p.header[9] == 2 {
		s.chunk("tRNS", p.transparent)
	}
	s.chunk("IDAT", []byte{0x78, 0x01}) // zlib's header
}

func (s *storedPNG) chunk(name string, body []byte) {
	var n [4]byte
	binary.BigEndian.PutUint32(n[:], uint32(len(body)))
	s.out.Write(n[:])
	at := s.out.Len()
	s.out.WriteString(name)
	s.out.Write(body)
	binary.BigEndian.PutUint32(n[:], crc32.ChecksumIEEE(s.out.Bytes()[at:]))
	s.out.Write(n[:])
}

// Read makes the next chunk when the last one is read.
func (s *storedPNG) Read(p []byte) (int, error) {
	for s.out.Len() == 0 {
		if s.done {
			return 0, io.EOF
		}
		s.out.Reset()
		if s.err = s.next(); s.err != nil {
			return 0, s.err
		}
	}
	return s.out.Read(p)
}

// next puts some pixels into a chunk, as a stored block of RFC 1951, and the end
// behind the last.
func (s *storedPNG) next() error {
	const most = 1 << 15
	n := int(min(s.left, most))
	block := make([]byte, 5+n, 5+n+4)
	if _, err := io.ReadFull(s.raw, block[5:]); err != nil {
		return fmt.Errorf("the pixels end early: %w", err)
	}
	s.left -= int64(n)
	binary.LittleEndian.PutUint16(block[1:], uint16(n))
	binary.LittleEndian.PutUint16(block[3:], ^uint16(n))
	s.sum.Write(block[5:])
	if s.left > 0 {
		s.chunk("IDAT", block)
		return nil
	}
	s.done = true
	var extra [1]byte
	if _, err := io.ReadFull(s.raw, extra[:]); errors.Is(err, zlib.ErrChecksum) {
		return err
	}
	block[0] = 1 // the last
	s.chunk("IDAT", s.sum.Sum(block))
	s.chunk("IEND", nil)
	return nil
}

package hdf5

import "errors"

// maxLZFRatio is the most that lzf can shrink data by: 264 bytes in three.
const maxLZFRatio = 88

var errLZF = errors.New("broken stream")

// expandLZF takes back lzf into all of dst. The stream is of runs, each headed
// by a byte: below 32, one less than the number of literal bytes that follow;
// else in its top 3 bits the length less 2 of bytes to repeat (7: plus the next
// byte), and in the other 5 and one more byte how far back they are, less 1.
//
// Source: Marc Lehmann, LibLZF 3.6, lzf_d.c; the filter of h5py, lzf_filter.c.
func expandLZF(dst, src []byte) error {
	at := 0
	for len(src) > 0 {
		head := int(src[0])
		src = src[1:]
		if head < 32 {
			n := head + 1
			if n > len(src) || n > len(dst)-at {
				return errLZF
			}
			at += copy(dst[at:], src[:n])
			src = src[n:]
			continue
		}
		length := head >> 5
		if length == 7 {
			if len(src) == 0 {
				return errLZF
			}
			length += int(src[0])
			src = src[1:]
		}
		length += 2
		if len(src) == 0 {
			return errLZF
		}
		from := at - (head&31<<8 | int(src[0])) - 1
		src = src[1:]
		if from < 0 || length > len(dst)-at {
			return errLZF
		}
		// Byte by byte: what is repeated may reach into the repetition.
		for range length {
			dst[at] = dst[from]
			at, from = at+1, from+1
		}
	}
	if at != len(dst) {
		return errLZF
	}
	return nil
}

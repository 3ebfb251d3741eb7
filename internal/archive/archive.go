// Package archive opens zip archives that nobody vouches for.
package archive

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
)

// ErrTooMany is an archive of more members than its reader expects.
var ErrTooMany = errors.New("too many members")

// directoryBytes is what a member takes in the archive's directory: the format
// asks for 46 and the name, which is at most 64 on average.
const directoryBytes = 46 + 64

// Open reads the directory of an archive of at most that many members, of which
// no two have one name. Memory follows that number: archive/zip alone takes some
// seven times the directory, which may be all of a file.
func Open(r io.ReaderAt, size int64, members int) (map[string]*zip.File, error) {
	const end = 128 << 10 // where archive/zip looks for the directory
	b := &bounded{r: r, left: end + int64(members)*directoryBytes}
	archive, err := zip.NewReader(b, size)
	if b.left < 0 {
		return nil, fmt.Errorf("%w: above %d", ErrTooMany, members)
	}
	if err != nil {
		return nil, err
	}
	if len(archive.File) > members {
		return nil, fmt.Errorf("%w: %d, above %d", ErrTooMany, len(archive.File), members)
	}
	b.opened = true
	byName := make(map[string]*zip.File, len(archive.File))
	for _, f := range archive.File {
		if byName[f.Name] != nil {
			return nil, fmt.Errorf("%q is twice in the archive", f.Name)
		}
		byName[f.Name] = f
	}
	return byName, nil
}

// bounded reads so many bytes and no more until the archive is opened.
type bounded struct {
	r      io.ReaderAt
	left   int64
	opened bool
}

func (b *bounded) ReadAt(p []byte, at int64) (int, error) {
	if !b.opened {
		if b.left -= int64(len(p)); b.left < 0 {
			return 0, ErrTooMany
		}
	}
	return b.r.ReadAt(p, at)
}

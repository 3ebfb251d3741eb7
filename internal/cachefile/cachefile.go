// Package cachefile keeps what is costly to find out again in the user's cache
// folder: what drivers compiled, what was measured.
//
// A file is an envelope around the data: a magic number, the key that says
// what the data depend on (device, driver, kernels), their length, and a
// SHA-256 of all that. Reading gives back exactly what was written for the same
// key, or an error; a caller takes any error as a miss. Writing goes to a
// temporary file first and renames it, so that readers, other processes and
// crashes see the old file or the new one, never a part.
//
// Nothing that decides over right and wrong may enter, except that a check was
// passed under this key: a cache can be deleted at any time.
package cachefile

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// MaxBytes bounds a file: more is not read, nor written.
const MaxBytes = 256 << 20

// magic begins every file; its last byte is the version of the layout.
const magic = "vkerasC\x01"

// ErrInvalid is a file that is there but does not count: of another key, cut
// short, longer than it says, or altered.
var ErrInvalid = errors.New("not a valid cache file")

// Folder returns where the files go: vkeras in the user's cache folder
// ($XDG_CACHE_HOME or ~/.cache, ~/Library/Caches, %LocalAppData%).
func Folder() (string, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(folder, "vkeras"), nil
}

// Read returns the data that Write stored under this name for this key.
func Read(folder, name string, key []byte) ([]byte, error) {
	info, err := os.Stat(filepath.Join(folder, name))
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > MaxBytes { // opening a pipe may never end
		return nil, fmt.Errorf("%s: %w", name, ErrInvalid)
	}
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, MaxBytes))
	if err != nil {
		return nil, err
	}
	data, err := open(content, key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

// Write stores data under this name for this key, in place of what was there.
func Write(folder, name string, key, data []byte) error {
	content := seal(key, data)
	if len(content) > MaxBytes {
		return fmt.Errorf("%s: %d bytes are more than a cache file holds", name, len(data))
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, "."+name+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.Write(content)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(folder, name))
}

// seal returns the file's content: magic, both lengths (64 bits, little
// endian), key, data, and the checksum of all before it.
func seal(key, data []byte) []byte {
	b := []byte(magic)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(key)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(data)))
	b = append(append(b, key...), data...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// open is seal's inverse, for whatever content.
func open(b, key []byte) ([]byte, error) {
	const head = len(magic) + 8 + 8
	if len(b) < head+sha256.Size || string(b[:len(magic)]) != magic {
		return nil, ErrInvalid
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	keyBytes, dataBytes := binary.LittleEndian.Uint64(b[len(magic):]), binary.LittleEndian.Uint64(b[len(magic)+8:])
	rest := body[head:]
	if keyBytes != uint64(len(key)) || uint64(len(rest)) < keyBytes || dataBytes != uint64(len(rest))-keyBytes {
		return nil, ErrInvalid
	}
	if want := sha256.Sum256(body); !bytes.Equal(want[:], sum) || !bytes.Equal(rest[:keyBytes], key) {
		return nil, ErrInvalid
	}
	return rest[keyBytes:], nil
}

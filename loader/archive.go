package loader

import (
	"archive/zip"
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/internal/archive"
	"github.com/vkeras/vkeras/loader/foreign"
)

// maxInflatedBytes bounds the weights of a .keras archive of that many bytes
// that are compressed and must be inflated into memory: Keras stores them
// uncompressed, and trained weights hardly shrink.
func maxInflatedBytes(archive int64) int64 { return archive + 64<<20 }

// maxMembers bounds the members of an archive: Keras writes three, and some for
// each vocabulary or other asset.
const maxMembers = 1 << 12

// kerasMembers are the members that are in a .keras archive alone.
var kerasMembers = []string{"config.json", "metadata.json", "model.weights.h5"}

// isKerasArchive reports whether a file begins as an archive does whose first
// member is one of Keras's.
func isKerasArchive(head []byte) bool {
	const nameAt = 30
	if !bytes.HasPrefix(head, []byte("PK\x03\x04")) || len(head) < nameAt {
		return false
	}
	return slices.ContainsFunc(kerasMembers, func(name string) bool {
		return littleEndian(head[26:28]) == int64(len(name)) && bytes.HasPrefix(head[nameAt:], []byte(name))
	})
}

// openArchive reads a .keras archive, or one that has a model's folder or file in
// it.
func openArchive(r io.ReaderAt, size int64, n nest) (*container, error) {
	members, err := archive.Open(r, size, maxMembers)
	if errors.Is(err, archive.ErrTooMany) {
		return nil, advise(unsupported("zip archive: %w", err), "unpack it and name the model in it")
	} else if err != nil {
		return nil, cutArchive(r, size, err)
	}
	config, weights := members["config.json"], members["model.weights.h5"]
	switch {
	case config != nil && weights != nil:
	case config != nil && members["model.weights.json"] != nil:
		return nil, advise(unsupported("sharded weights (model.weights.json)"), "save the model in one file")
	case config != nil && members["metadata.json"] != nil:
		return nil, advise(malformed("a .keras archive without model.weights.h5"), "save the model in Keras anew")
	case !n.folder:
		return nil, advise(unsupported("a zip archive in another"), "unpack it")
	default:
		return openZipped(r, size, members)
	}
	text, err := readMember(config, maxConfigBytes)
	if err != nil {
		return nil, err
	}
	at, length, err := openMember(r, n.inflatable, weights)
	if err != nil {
		return nil, err
	}
	c, err := openHDF5(at, length)
	if err != nil {
		return nil, err
	}
	c.size, c.room = size, maxWeightBytes(size)
	if weights.Method != zip.Store {
		c.room -= length // which is held at the same time
	}
	var metadata []byte
	if f := members["metadata.json"]; f != nil {
		if metadata, err = readMember(f, maxConfigBytes); err != nil {
			return nil, err
		}
	}
	return c.asArchive(text, metadata)
}

// asArchive makes the container of a .keras archive's weights that of the archive.
func (c *container) asArchive(config, metadata []byte) (*container, error) {
	if c.format != Keras3Weights {
		return nil, malformed("model.weights.h5 of the archive is a %v file", c.format)
	}
	c.format, c.config, c.configName = Archive, config, "config.json"
	if metadata != nil {
		m, err := decodeJSON("metadata.json", metadata)
		if err != nil {
			return nil, err
		}
		c.kerasVersion, _ = m["keras_version"].(string)
	}
	return c, nil
}

// littleEndian reads a number of a zip archive's header.
func littleEndian(b []byte) (n int64) {
	for i, v := range b {
		n |= int64(v) << (8 * i)
	}
	return n
}

// openZipped opens the one model that is in an archive like a folder.
func openZipped(r io.ReaderAt, size int64, members map[string]*zip.File) (*container, error) {
	arrays := 0
	for name := range members {
		switch {
		case name == "data.pkl" || strings.HasSuffix(name, "/data.pkl"):
			return nil, foreignError(foreign.PyTorch)
		case strings.HasSuffix(name, ".npy"):
			arrays++
		}
	}
	if arrays > 0 && arrays == len(members) {
		return nil, foreignError(foreign.NumPy)
	}
	return openFolder(ofArchive(r, size, members))
}

// cutArchive explains why an archive has no directory: where the file ends before
// its members do, it is cut.
func cutArchive(r io.ReaderAt, size int64, err error) error {
	const header = 30 // bytes before a member's name (APPNOTE 4.3.7)
	at := int64(0)
	for range maxMembers {
		var h [header]byte
		if n, _ := r.ReadAt(h[:], at); n < header || string(h[:4]) != "PK\x03\x04" {
			break
		}
		name := make([]byte, littleEndian(h[26:28]))
		if n, _ := r.ReadAt(name, at+header); n < len(name) {
			break
		}
		at += header + int64(len(name)) + littleEndian(h[28:30]) + littleEndian(h[18:22])
		if at > size {
			return advise(malformed("a zip archive that is cut: %d bytes of more than %d, within %s", size, at, name), "download or copy it again")
		}
	}
	return advise(malformed("zip archive: %w", err), "download or copy it again")
}

// openMember returns a member's content: in its place in the archive where it
// is stored, otherwise inflated, up to so many bytes. Its checksum is verified.
func openMember(r io.ReaderAt, most int64, f *zip.File) (io.ReaderAt, int64, error) {
	if f.Method != zip.Store {
		content, err := readMember(f, most)
		return bytes.NewReader(content), int64(len(content)), err
	}
	offset, err := f.DataOffset()
	if err != nil {
		return nil, 0, malformed("%s: %w", f.Name, err)
	}
	if f.UncompressedSize64 != f.CompressedSize64 || f.CompressedSize64 > 1<<62 {
		return nil, 0, malformed("%s: %d bytes stored as %d", f.Name, f.UncompressedSize64, f.CompressedSize64)
	}
	n := int64(f.CompressedSize64)
	sum := crc32.NewIEEE()
	if read, err := io.Copy(sum, io.NewSectionReader(r, offset, n)); err != nil {
		return nil, 0, err
	} else if read != n {
		return nil, 0, malformed("%s: truncated: %d bytes of %d", f.Name, read, n)
	}
	if sum.Sum32() != f.CRC32 {
		return nil, 0, malformed("%s: wrong checksum", f.Name)
	}
	return io.NewSectionReader(r, offset, n), n, nil
}

// readMember inflates a member of at most this many bytes. What is allocated
// grows with what is read, whatever size the archive declares, and holds it
// twice at most.
func readMember(f *zip.File, most int64) ([]byte, error) {
	if f.UncompressedSize64 > uint64(most) {
		return nil, advise(unsupported("%s: %d bytes, above %d", f.Name, f.UncompressedSize64, most), rightFile)
	}
	r, err := f.Open()
	if err != nil {
		return nil, malformed("%s: %w", f.Name, err)
	}
	defer r.Close()
	var content bytes.Buffer
	if _, err := content.ReadFrom(io.LimitReader(r, most)); err != nil {
		return nil, malformed("%s: %w", f.Name, err)
	}
	return content.Bytes(), nil
}

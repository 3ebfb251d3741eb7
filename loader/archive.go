package loader

import (
	"archive/zip"
	"bytes"
	"errors"
	"hash/crc32"
	"io"

	"github.com/vkeras/vkeras/internal/archive"
)

// maxInflatedBytes bounds the weights of a .keras archive of that many bytes
// that are compressed and must be inflated into memory: Keras stores them
// uncompressed, and trained weights hardly shrink.
func maxInflatedBytes(archive int64) int64 { return archive + 64<<20 }

// maxMembers bounds the members of an archive: Keras writes three, and some for
// each vocabulary or other asset.
const maxMembers = 1 << 12

// openArchive reads a .keras archive.
func openArchive(r io.ReaderAt, size int64) (*container, error) {
	members, err := archive.Open(r, size, maxMembers)
	if errors.Is(err, archive.ErrTooMany) {
		return nil, unsupported(".keras archive: %w", err)
	} else if err != nil {
		return nil, malformed(".keras archive: %w", err)
	}
	config, weights := members["config.json"], members["model.weights.h5"]
	switch {
	case config == nil:
		return nil, malformed("a zip archive, but not Keras's: no config.json")
	case weights == nil && members["model.weights.json"] != nil:
		return nil, unsupported("sharded weights (model.weights.json): save the model in one file")
	case weights == nil:
		return nil, malformed("a .keras archive without model.weights.h5")
	}
	text, err := readMember(config, maxConfigBytes)
	if err != nil {
		return nil, err
	}
	at, n, err := openMember(r, size, weights)
	if err != nil {
		return nil, err
	}
	c, err := openHDF5(at, n)
	if err != nil {
		return nil, err
	}
	if c.format != Keras3Weights {
		return nil, malformed("model.weights.h5 of the archive is a %v file", c.format)
	}
	c.format, c.config, c.configName, c.size = Archive, text, "config.json", size
	if weights.Method != zip.Store {
		c.room = maxWeightBytes(size) - n // which is held at the same time
	}
	if f := members["metadata.json"]; f != nil {
		text, err := readMember(f, maxConfigBytes)
		if err != nil {
			return nil, err
		}
		metadata, err := decodeJSON("metadata.json", text)
		if err != nil {
			return nil, err
		}
		c.kerasVersion, _ = metadata["keras_version"].(string)
	}
	return c, nil
}

// openMember returns a member's content: in its place in the archive where it
// is stored, otherwise inflated. Its checksum is verified.
func openMember(r io.ReaderAt, size int64, f *zip.File) (io.ReaderAt, int64, error) {
	if f.Method != zip.Store {
		content, err := readMember(f, maxInflatedBytes(size))
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
		return nil, unsupported("%s: %d bytes, above %d", f.Name, f.UncompressedSize64, most)
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

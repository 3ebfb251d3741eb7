package loader

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// folder is where the files of a model are: a folder of the disk, or a zip
// archive. Nothing outside of it can be reached, by whatever name or link.
type folder interface {
	// list returns the names of the files and folders in one of its folders,
	// sorted; "." is the whole.
	list(dir string) (files, folders []string, err error)
	// open returns a file, good until close. The error is fs.ErrNotExist where
	// there is none.
	open(name string) (*content, error)
	// read returns the whole of a file of at most so many bytes.
	read(name string, most int64) ([]byte, error)
	// head returns the first bytes of a file, at most so many.
	head(name string, most int) ([]byte, error)
	// size returns the bytes of the files opened so far, and how many of them are
	// in memory, because they were compressed.
	size() (bytes, held int64)
	// room returns how many bytes of an archive in it may be inflated.
	room() int64
	io.Closer
}

// content is an open file of a folder.
type content struct {
	io.ReaderAt
	size   int64
	memory []byte // all of it, if it had to be inflated
}

// maxFiles bounds the files and folders in one folder.
const maxFiles = 1 << 12

// disk is a folder of the file system.
type disk struct {
	root  *os.Root
	files map[string]*os.File // open ones
	bytes int64               // of them
}

func openDisk(name string) (*disk, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &disk{root: root, files: map[string]*os.File{}}, nil
}

func (d *disk) list(dir string) (files, folders []string, err error) {
	f, err := d.root.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(maxFiles + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	if len(entries) > maxFiles {
		return nil, nil, advise(unsupported("a folder of more than %d files", maxFiles), "name the model in it")
	}
	for _, e := range entries {
		info, err := d.root.Stat(path.Join(dir, e.Name()))
		switch {
		case err != nil && e.Type()&fs.ModeSymlink != 0: // that leads nowhere, or out of the folder: open says so
			files = append(files, e.Name())
		case err != nil:
			return nil, nil, err
		case info.IsDir():
			folders = append(folders, e.Name())
		case info.Mode().IsRegular():
			files = append(files, e.Name())
		}
	}
	slices.Sort(files)
	slices.Sort(folders)
	return files, folders, nil
}

func (d *disk) open(name string) (*content, error) {
	f, size, err := d.file(name)
	if err != nil {
		return nil, err
	}
	if d.files[name] == nil {
		d.files[name] = f
		d.bytes += size
	}
	return &content{ReaderAt: f, size: size}, nil
}

// file returns an open file, perhaps one opened before.
func (d *disk) file(name string) (*os.File, int64, error) {
	// Opening what is no regular file may wait for ever.
	info, err := d.root.Stat(name)
	if err != nil {
		if l, linkErr := d.root.Lstat(name); linkErr == nil && l.Mode()&fs.ModeSymlink != 0 {
			return nil, 0, advise(unsupported("%s is a link out of the folder or to nothing", name), "copy the folder with what its links lead to (cp -RL)")
		}
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, advise(unsupported("%s: not a regular file", name), "copy it into one")
	}
	f := d.files[name]
	if f == nil {
		f, err = d.root.Open(name)
	}
	return f, info.Size(), err
}

func (d *disk) head(name string, most int) ([]byte, error) {
	f, size, err := d.file(name)
	if err != nil {
		return nil, err
	}
	if d.files[name] == nil {
		defer f.Close()
	}
	head := make([]byte, min(size, int64(most)))
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return head[:n], nil
}

func (d *disk) read(name string, most int64) ([]byte, error) {
	p, err := d.open(name)
	if err != nil {
		return nil, err
	}
	return p.all(name, most)
}

// all reads the whole of a file.
func (p *content) all(name string, most int64) ([]byte, error) {
	if p.size > most {
		return nil, advise(unsupported("%s: %d bytes, above %d", name, p.size, most), rightFile)
	}
	if p.memory != nil {
		return p.memory, nil
	}
	content := make([]byte, p.size)
	if _, err := io.ReadFull(io.NewSectionReader(p, 0, p.size), content); err != nil {
		return nil, malformed("%s: %w", name, err)
	}
	return content, nil
}

func (d *disk) size() (bytes, held int64) { return d.bytes, 0 }

func (d *disk) room() int64 { return maxInflatedBytes(d.bytes) }

func (d *disk) Close() error {
	errs := []error{d.root.Close()}
	for _, f := range d.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// zipped is a zip archive.
type zipped struct {
	r       io.ReaderAt
	bytes   int64
	members map[string]*zip.File // by their paths
	opened  map[string]*content
	held    int64 // bytes of those that were inflated
}

// ofArchive makes a folder of an archive's members. Names that are no plain paths
// are passed over, and so never opened.
func ofArchive(r io.ReaderAt, size int64, members map[string]*zip.File) *zipped {
	z := &zipped{r: r, bytes: size, members: map[string]*zip.File{}, opened: map[string]*content{}}
	for name, f := range members {
		if fs.ValidPath(name) && !strings.HasSuffix(f.Name, "/") {
			z.members[name] = f
		}
	}
	return z
}

func (z *zipped) list(dir string) (files, folders []string, err error) {
	within := ""
	if dir != "." {
		within = dir + "/"
	}
	seen := map[string]bool{}
	for name := range z.members {
		rest, ok := strings.CutPrefix(name, within)
		if !ok {
			continue
		}
		if first, _, deeper := strings.Cut(rest, "/"); !deeper {
			files = append(files, rest)
		} else if !seen[first] {
			seen[first] = true
			folders = append(folders, first)
		}
	}
	slices.Sort(files)
	slices.Sort(folders)
	return files, folders, nil
}

func (z *zipped) member(name string) (*zip.File, error) {
	f := z.members[name]
	if f == nil {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return f, nil
}

func (z *zipped) open(name string) (*content, error) {
	if p := z.opened[name]; p != nil {
		return p, nil
	}
	f, err := z.member(name)
	if err != nil {
		return nil, err
	}
	p := new(content)
	if f.Method == zip.Store {
		p.ReaderAt, p.size, err = openMember(z.r, 0, f)
	} else {
		p.memory, err = z.inflate(f)
		p.ReaderAt, p.size = bytes.NewReader(p.memory), int64(len(p.memory))
	}
	if err != nil {
		return nil, err
	}
	z.opened[name] = p
	return p, nil
}

// inflate unpacks a member into memory, which all of them together may fill only
// so far.
func (z *zipped) inflate(f *zip.File) ([]byte, error) {
	content, err := readMember(f, z.room())
	z.held += int64(len(content))
	return content, err
}

func (z *zipped) read(name string, most int64) ([]byte, error) {
	p, err := z.open(name)
	if err != nil {
		return nil, err
	}
	return p.all(name, most)
}

func (z *zipped) head(name string, most int) ([]byte, error) {
	f, err := z.member(name)
	if err != nil {
		return nil, err
	}
	r, err := f.Open()
	if err != nil {
		return nil, malformed("%s: %w", name, err)
	}
	defer r.Close()
	head := make([]byte, most)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, malformed("%s: %w", name, err)
	}
	return head[:n], nil
}

func (z *zipped) size() (bytes, held int64) { return z.bytes, z.held }

// room returns how many bytes may still be inflated.
func (z *zipped) room() int64 { return maxInflatedBytes(z.bytes) - z.held }

func (z *zipped) Close() error { return nil }

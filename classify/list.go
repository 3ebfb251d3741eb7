package classify

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/resnet/pictures"
)

// StandardInput stands for standard input in a list of pictures.
const StandardInput = "-"

// DisplayName is what messages call a listed file: [StandardInput] has a name.
func DisplayName(file string) string {
	if file == StandardInput {
		return "standard input"
	}
	return file
}

// shardExtension ends the names of shards: what is in them is told from a
// picture before it is opened.
const shardExtension = ".npy"

// IsShard reports whether the path names a shard: a .npy file of pictures that are
// decoded already, (N, H, W, 3), uint8 or float32.
func IsShard(path string) bool { return strings.EqualFold(filepath.Ext(path), shardExtension) }

// extensions are the names' endings that make a file in a folder a picture;
// files that are named themselves are told by their content alone.
var extensions = []string{".jpg", ".jpeg", ".jpe", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp"}

// Errors of [ListPictures].
var (
	// ErrNoPicture is a folder without pictures.
	ErrNoPicture = errors.New("no picture in this folder")
	// ErrNoMatch is a pattern that no file's name matches.
	ErrNoMatch = errors.New("no file matches")
	// ErrNotRegular is something in a folder that is named like a picture and is no
	// file: opening a pipe, a socket or a device may wait for ever.
	ErrNotRegular = errors.New("no regular file: passed over")
	// ErrNotRead is pictures in a folder whose kinds are not read; its text counts them.
	ErrNotRead = errors.New("not read: passed over; save them as JPEG or PNG")
)

// ListPictures expands files, folders (with what is below them), patterns and
// [StandardInput], in order; each picture comes once. Files that are not there stay
// in the list, so that each is an answer with its error. What gives no picture is no
// obstacle to the rest: the error joins one for each, and the list has the others'
// pictures.
func ListPictures(args []string) ([]string, error) {
	return listFiles(args, func(folder string) ([]string, error) { return listFolder(folder, extensions) })
}

// ListPicturesOrShards is ListPictures where a folder without pictures stands for
// its shards, the .npy files in and below it.
func ListPicturesOrShards(args []string) ([]string, error) {
	return listFiles(args, func(folder string) ([]string, error) {
		list, err := listFolder(folder, extensions)
		if errors.Is(err, ErrNoPicture) {
			shards, shardErr := listFolder(folder, []string{shardExtension})
			if !errors.Is(shardErr, ErrNoPicture) {
				return shards, shardErr
			}
		}
		return list, err
	})
}

func listFiles(args []string, listFolder func(string) ([]string, error)) ([]string, error) {
	var list []string
	var bad []error
	for _, arg := range args {
		found, err := listOne(arg, listFolder)
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			bad = append(bad, joined.Unwrap()...)
		} else if err != nil {
			bad = append(bad, err)
		}
		list = append(list, found...)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(name string) bool {
		dup := seen[name]
		seen[name] = true
		return dup
	}), errors.Join(bad...)
}

func listOne(arg string, listFolder func(string) ([]string, error)) ([]string, error) {
	if arg == StandardInput {
		return []string{StandardInput}, nil
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return listFolder(arg)
	case err == nil:
		return []string{arg}, nil
	case strings.ContainsAny(arg, "*?["):
		found, err := filepath.Glob(arg)
		if err != nil || len(found) == 0 {
			return nil, named{arg, ErrNoMatch}
		}
		return withoutPipes(found)
	}
	return []string{arg}, nil // reported in its turn, after the pictures before it
}

// named is an error with the name of what it is about.
type named struct {
	name string
	err  error
}

func (e named) Error() string { return e.name + ": " + e.err.Error() }
func (e named) Unwrap() error { return e.err }

// listFolder lists the files in and below a folder whose names end so.
func listFolder(folder string, endings []string) ([]string, error) {
	var list []string
	var bad []error
	unread := map[string]int{} // by kind
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			list = append(list, path) // reported in its turn
			return fs.SkipDir
		}
		hidden := strings.HasPrefix(d.Name(), ".") && path != folder
		switch {
		case hidden && d.IsDir():
			return fs.SkipDir
		case !hidden && !d.IsDir() && pictures.UnreadKind(filepath.Ext(path)) != "":
			unread[pictures.UnreadKind(filepath.Ext(path))]++
		case hidden || d.IsDir() || !slices.Contains(endings, strings.ToLower(filepath.Ext(path))):
		case regular(path, d):
			list = append(list, path)
		default:
			bad = append(bad, named{path, ErrNotRegular})
		}
		return nil
	})
	if len(unread) > 0 {
		bad = append(bad, named{folder, countUnread(unread)})
	}
	if err == nil && len(list) == 0 && len(bad) == 0 {
		err = named{folder, ErrNoPicture}
	}
	return list, errors.Join(append(bad, err)...)
}

// countUnread says how many files of which kinds are passed over: "12 HEIC, 1 AVIF".
func countUnread(unread map[string]int) error {
	var counts []string
	for _, kind := range slices.Sorted(maps.Keys(unread)) {
		counts = append(counts, fmt.Sprintf("%d %s", unread[kind], kind))
	}
	return fmt.Errorf("%s: %w", strings.Join(counts, ", "), ErrNotRead)
}

// regular reports whether something in a folder is a file, or a link that leads to
// one or nowhere, which reading it reports.
func regular(path string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.Type().IsRegular()
	}
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular()
}

// withoutPipes drops what a pattern finds beside files and folders: nobody has named a
// pipe or a device that happens to match.
func withoutPipes(found []string) ([]string, error) {
	var bad []error
	list := slices.DeleteFunc(found, func(name string) bool {
		info, err := os.Stat(name)
		other := err == nil && !info.Mode().IsRegular() && !info.IsDir()
		if other {
			bad = append(bad, named{name, ErrNotRegular})
		}
		return other
	})
	return list, errors.Join(bad...)
}

package classify

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// ErrNoPicture is a folder without pictures.
var ErrNoPicture = errors.New("no picture in this folder")

// ListPictures expands files, folders (with what is below them), patterns and
// [StandardInput], in order; each picture comes once. Files that are not there stay in
// the list, so that each is an answer with its error; a folder without pictures and
// a pattern without a match are errors.
func ListPictures(args []string) ([]string, error) {
	return listFiles(args, func(folder string) ([]string, error) { return listFolder(folder, extensions) })
}

// ListPicturesOrShards is ListPictures where a folder without pictures stands for
// its shards, the .npy files in and below it.
func ListPicturesOrShards(args []string) ([]string, error) {
	return listFiles(args, func(folder string) ([]string, error) {
		list, err := listFolder(folder, extensions)
		if errors.Is(err, ErrNoPicture) {
			if shards, shardErr := listFolder(folder, []string{shardExtension}); shardErr == nil {
				return shards, nil
			}
		}
		return list, err
	})
}

func listFiles(args []string, listFolder func(string) ([]string, error)) ([]string, error) {
	var list []string
	for _, arg := range args {
		found, err := listOne(arg, listFolder)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(name string) bool {
		dup := seen[name]
		seen[name] = true
		return dup
	}), nil
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
			return nil, fmt.Errorf("%s: no file matches", arg)
		}
		return found, nil
	}
	return []string{arg}, nil // reported in its turn, after the pictures before it
}

// listFolder lists the files in and below a folder whose names end so.
func listFolder(folder string, endings []string) ([]string, error) {
	var list []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			list = append(list, path) // reported in its turn
			return fs.SkipDir
		}
		hidden := strings.HasPrefix(d.Name(), ".") && path != folder
		switch {
		case hidden && d.IsDir():
			return fs.SkipDir
		case !hidden && !d.IsDir() && slices.Contains(endings, strings.ToLower(filepath.Ext(path))):
			list = append(list, path)
		}
		return nil
	})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%s: %w", folder, ErrNoPicture)
	}
	return list, err
}

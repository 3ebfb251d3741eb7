package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// stdinName stands for standard input in the list of pictures.
const stdinName = "-"

// extensions are the names' endings that make a file in a folder a picture;
// files that are named themselves are told by their content alone.
var extensions = []string{".jpg", ".jpeg", ".jpe", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp"}

// listPictures expands files, folders (with what is below them), patterns and
// -, in order; each picture comes once.
func listPictures(args []string) ([]string, error) {
	var list []string
	for _, arg := range args {
		found, err := listOne(arg)
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

func listOne(arg string) ([]string, error) {
	if arg == stdinName {
		return []string{stdinName}, nil
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

func listFolder(folder string) ([]string, error) {
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
		case !hidden && !d.IsDir() && slices.Contains(extensions, strings.ToLower(filepath.Ext(path))):
			list = append(list, path)
		}
		return nil
	})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%s: no picture in this folder", folder)
	}
	return list, err
}

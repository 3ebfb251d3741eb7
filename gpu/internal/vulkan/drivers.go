package vulkan

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
)

// Driver is a driver manifest, the JSON file by which the Vulkan loader finds a
// driver (Vulkan-Loader, docs/LoaderDriverInterface.md).
type Driver struct {
	File    string
	Library string // as the manifest names it
	API     string // highest Vulkan version
	Err     error  // why the loader cannot use it; nil: it can
}

// Drivers lists the manifests where the loader looks for them on Linux, each
// with whether its library can be loaded. Elsewhere the list is empty.
func Drivers() []Driver {
	if runtime.GOOS != "linux" {
		return nil
	}
	var list []Driver
	for _, file := range manifests(os.Getenv) {
		list = append(list, readDriver(file))
	}
	return list
}

// driverVariables are those by which users name the manifests, and no others are
// looked at; the first that is set counts.
var driverVariables = []string{"VK_DRIVER_FILES", "VK_ICD_FILENAMES"}

// namedDrivers returns what is wrong with the drivers that a variable names, where
// none of them made an instance; nil if no variable names any. The loader itself
// says that the memory is full, or that no driver is installed.
func namedDrivers(lookup func(string) (string, bool)) error {
	for _, name := range driverVariables {
		v, _ := lookup(name)
		if v == "" {
			continue
		}
		for _, file := range filepath.SplitList(v) {
			if d := readDriver(file); d.Err != nil {
				return fmt.Errorf("the environment variable %s is set, and %w: %s: %w", name, ErrDriverFiles, file, d.Err)
			}
		}
		return fmt.Errorf("the environment variable %s is set to %s, and %w", name, v, ErrDriverFiles)
	}
	for _, name := range driverVariables {
		if v, set := lookup(name); set && v == "" { // some loaders take it for a list of none
			return fmt.Errorf("the environment variable %s is set to nothing, and %w", name, ErrDriverFiles)
		}
	}
	return nil
}

// readable returns an error for a file that a variable names and that reading might
// never end of, as the loader does: a pipe, a device.
func readable(lookup func(string) (string, bool)) error {
	for _, name := range slices.Concat(driverVariables, []string{addedDrivers}) {
		v, _ := lookup(name)
		for _, file := range filepath.SplitList(v) {
			if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
				return fmt.Errorf("the environment variable %s is set, and %w: %s is no regular file", name, ErrDriverFiles, file)
			}
		}
	}
	return nil
}

// brokenManifest returns an error for the first manifest, of a driver or of a layer,
// that is no JSON object: the loader says that the memory is full then.
func brokenManifest(env func(string) string) error {
	files := append(manifests(env), inFolders(env, "implicit_layer.d")...)
	for _, file := range append(files, inFolders(env, "explicit_layer.d")...) {
		var object map[string]any
		text, err := os.ReadFile(file)
		if err == nil && json.Unmarshal(text, &object) != nil {
			return fmt.Errorf("%w: %s: no JSON object", ErrManifest, file)
		}
	}
	return nil
}

// addedDrivers names manifests that the loader looks at besides the others.
const addedDrivers = "VK_ADD_DRIVER_FILES"

// manifests lists the drivers' manifests in the loader's order.
func manifests(env func(string) string) []string {
	for _, name := range driverVariables {
		if v := env(name); v != "" {
			return filepath.SplitList(v)
		}
	}
	return append(inFolders(env, "icd.d"), filepath.SplitList(env(addedDrivers))...)
}

// inFolders lists the manifests of a kind in the folders where the loader looks, in
// its order.
func inFolders(env func(string) string, kind string) []string {
	or := func(v, otherwise string) string {
		if v == "" {
			return otherwise
		}
		return v
	}
	home := env("HOME")
	roots := slices.Concat(
		[]string{or(env("XDG_CONFIG_HOME"), filepath.Join(home, ".config"))},
		filepath.SplitList(or(env("XDG_CONFIG_DIRS"), "/etc/xdg")),
		[]string{"/usr/local/etc", "/etc", or(env("XDG_DATA_HOME"), filepath.Join(home, ".local/share"))},
		filepath.SplitList(or(env("XDG_DATA_DIRS"), "/usr/local/share:/usr/share")))
	var files []string
	for _, root := range roots {
		found, _ := filepath.Glob(filepath.Join(root, "vulkan", kind, "*.json"))
		for _, f := range found {
			if !slices.Contains(files, f) {
				files = append(files, f)
			}
		}
	}
	return files
}

func readDriver(file string) Driver {
	d := Driver{File: file}
	text, err := os.ReadFile(file)
	if err != nil {
		d.Err = err
		return d
	}
	var m struct {
		ICD struct {
			Library string `json:"library_path"`
			API     string `json:"api_version"`
		}
	}
	var other *json.UnmarshalTypeError
	switch err := json.Unmarshal(text, &m); {
	case errors.As(err, &other):
		d.Err = errors.New("not a driver manifest: expected an object ICD with texts library_path and api_version")
		return d
	case err != nil:
		d.Err = fmt.Errorf("not a driver manifest: %w", err)
		return d
	}
	d.Library, d.API = m.ICD.Library, m.ICD.API
	library := d.Library
	if strings.Contains(library, "/") && !filepath.IsAbs(library) { // relative to the manifest
		library = filepath.Join(filepath.Dir(file), library)
	}
	if library == "" {
		d.Err = fmt.Errorf("it names no library")
	} else {
		d.Err = vkc.TryLibrary(library)
	}
	return d
}

// Library returns an error unless the shared library can be loaded.
func Library(name string) error { return vkc.TryLibrary(name) }

package resnet

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// imagenetIndex is the file that keras.applications' decode_predictions fetches
// and reads.
const imagenetIndex = "imagenet_class_index.json"

// ReadLabels is [ClassLabels] of a file. Errors are the system's besides.
func ReadLabels(path string, classes int) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ClassLabels(f, classes)
}

// ClassLabels is [ParseLabels] of a text that must name so many classes. Errors are
// [ErrLabels], those of r, or that it names more or fewer.
func ClassLabels(r io.Reader, classes int) ([]string, error) {
	labels, err := ParseLabels(r)
	if err == nil && len(labels) != classes {
		return nil, fmt.Errorf("expected %d names, one a class, found %d", classes, len(labels))
	}
	return labels, err
}

// ImageNetLabels returns the names of ImageNet's classes from where Keras keeps
// them, and that path. Where Keras has not fetched them, the error is fs.ErrNotExist.
func ImageNetLabels(classes int) (labels []string, path string, err error) {
	path = filepath.Join(ModelsFolder(), imagenetIndex)
	labels, err = ReadLabels(path, classes)
	return labels, path, err
}

// ModelsFolder is where Keras keeps the weights that keras.applications fetches:
// ~/.keras/models, or models below KERAS_HOME.
func ModelsFolder() string { return filepath.Join(kerasHome(), "models") }

// kerasHome is the folder that Keras keeps its files in.
func kerasHome() string {
	if home := os.Getenv("KERAS_HOME"); home != "" {
		return home
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "." // a process without a home: Keras's own choice matters little then
	}
	return filepath.Join(home, ".keras")
}

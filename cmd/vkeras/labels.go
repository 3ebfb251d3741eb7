package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vkeras/vkeras/resnet"
)

// imagenetIndex is the file that keras.applications' decode_predictions fetches
// and reads.
const imagenetIndex = "imagenet_class_index.json"

// name finds the class names: in the file of --labels, from what is known of
// the model, or where Keras keeps those of ImageNet.
func (k *pictureInput) name(classes int, known resnet.Known) error {
	k.labels = known.Labels
	switch {
	case k.labelFile != "":
		labels, err := readLabels(k.labelFile, classes)
		if err != nil {
			return fmt.Errorf("--labels %s: %w", k.labelFile, withoutPath(err))
		}
		k.labels = labels
	case known.ImageNet:
		k.labels = k.imagenet(classes)
	}
	if len(k.labels) != classes {
		k.labels = make([]string, classes)
		for i := range k.labels {
			k.labels[i] = fmt.Sprintf("class %d", i)
		}
	}
	return nil
}

// imagenet returns ImageNet's class names if Keras has fetched them on this
// machine, nil if not. A file that cannot be read is told and passed over.
func (k *pictureInput) imagenet(classes int) []string {
	path := filepath.Join(kerasHome(), "models", imagenetIndex)
	labels, err := readLabels(path, classes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		k.say("labels: none, for there is no %s: --labels FILE names the classes", path)
	case err != nil:
		k.say("vkeras: %s: %s: not used", path, oneLine(withoutPath(err)))
	default:
		k.say("labels: %s", path)
	}
	return labels
}

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

func readLabels(path string, classes int) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	labels, err := resnet.ParseLabels(f)
	if err == nil && len(labels) != classes {
		return nil, fmt.Errorf("expected %d names, one a class, found %d", classes, len(labels))
	}
	return labels, err
}

package loader

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/loader/foreign"
	"github.com/vkeras/vkeras/loader/tfjs"
)

// candidate is a model in a folder, by the file or folder that stands for it.
type candidate struct {
	name string // of the file, the folder or the checkpoint, below the folder
	open func(folder, string) (*container, error)
}

// Bounds of a search: downloads hold the model at the top or one folder deeper.
const (
	maxSearchDepth   = 4
	maxSearchFolders = 64
	maxSniffedFiles  = 1 << 12
)

// sniffBytes of a file tell what it is.
const sniffBytes = foreign.HeadBytes

// find looks for the one model in a folder: at the top, else one level deeper,
// and so on. Hidden files and those of archivers are passed over.
func find(f folder) (candidate, error) {
	s := search{folder: f}
	level := []string{"."}
	var passed []passedOver
	for range maxSearchDepth {
		var all []candidate
		var deeper []string
		for _, dir := range level {
			candidates, others, folders, err := s.candidates(dir)
			if err != nil {
				return candidate{}, err
			}
			all = append(all, candidates...)
			passed = append(passed, others...)
			deeper = append(deeper, folders...)
		}
		switch {
		case len(all) == 1:
			return all[0], nil
		case len(all) > 1:
			names := make([]string, len(all))
			for i, c := range all {
				names[i] = c.name
			}
			return candidate{}, advise(unsupported("%d models (%s)", len(all), few(names, ", ")), "name one of them")
		case len(deeper) > maxSearchFolders:
			return candidate{}, advise(unsupported("no model at the top, and %d folders", len(deeper)), "name the one with the model")
		}
		level = deeper
	}
	if len(passed) > 0 {
		return candidate{}, noModelBut(passed)
	}
	return candidate{}, advise(malformed("no model in it (a SavedModel has saved_model.pb, a checkpoint x.index, TensorFlow.js model.json)"), "name the folder or file with the model")
}

// passedOver is what was no model, and what to do if it was to be one.
type passedOver struct{ what, advice string }

func noModelBut(passed []passedOver) error {
	names := make([]string, len(passed))
	for i, p := range passed {
		names[i] = p.what
	}
	advice := passed[0].advice
	if len(passed) > 1 {
		advice = "save the Keras model itself as .keras or .h5, and name it"
	}
	return advise(unsupported("no Keras model in it, but %s", few(names, "; ")), advice)
}

// search counts the files that were looked into.
type search struct {
	folder
	sniffed int
}

// candidates returns the models in one folder, what else is known of the files
// there, and the folders below.
func (s *search) candidates(dir string) (all []candidate, others []passedOver, folders []string, err error) {
	files, below, err := s.list(dir)
	if err != nil {
		return nil, nil, nil, err
	}
	hidden := func(name string) bool { return strings.HasPrefix(name, ".") || name == "__MACOSX" }
	files = slices.DeleteFunc(files, hidden)
	has := func(name string) bool { return slices.Contains(files, name) }
	switch {
	case has("saved_model.pb"):
		return []candidate{{dir, openSavedModel}}, nil, nil, nil
	case has("saved_model.pbtxt"):
		return nil, nil, nil, advise(unsupported("a SavedModel as text (saved_model.pbtxt)"), "save the model as .keras or .h5")
	case has("config.json") && (has("model.weights.h5") || has("model.weights.json")):
		return []candidate{{dir, openUnpacked}}, nil, nil, nil
	}
	for _, prefix := range checkpointsIn(s, dir, files) {
		all = append(all, candidate{prefix, openCheckpoint})
	}
	for _, name := range files {
		if prefix, ok := strings.CutSuffix(name, ".index"); ok && !hasShard(files, prefix) {
			others = append(others, passedOver{fmt.Sprintf("%s is the index of a checkpoint whose weights (%s.data-...) are not beside it", path.Join(dir, name), prefix), "copy the weights there"})
		}
		if ofCheckpoint(name) {
			continue
		}
		if s.sniffed++; s.sniffed > maxSniffedFiles {
			return nil, nil, nil, advise(unsupported("more than %d files", maxSniffedFiles), "name the model among them")
		}
		full := path.Join(dir, name)
		head, err := s.head(full, sniffBytes)
		if err != nil { // a damaged member of an archive, a link out of the folder
			others = append(others, passedOver{err.Error(), anew})
			continue
		}
		if open := opener(head); open != nil {
			all = append(all, candidate{full, open})
		} else if k, ok := foreign.Identify(head); ok && k.Model {
			others = append(others, passedOver{fmt.Sprintf("%s is %s", full, k.Name), k.Advice})
		}
	}
	for _, name := range below {
		if !hidden(name) {
			folders = append(folders, path.Join(dir, name))
		}
	}
	return all, others, folders, nil
}

// ofCheckpoint reports whether a file's name is one that checkpoints have.
func ofCheckpoint(name string) bool {
	return name == "checkpoint" || strings.HasSuffix(name, ".index") || shardName.MatchString(name)
}

// opener returns how a file of a folder is opened that may hold a model, by how
// it begins.
func opener(head []byte) func(folder, string) (*container, error) {
	switch {
	case bytes.HasPrefix(head, []byte(hdf5Signature)), isKerasArchive(head):
		return openFile
	case tfjs.IsModel(head):
		return openLayersModel
	}
	return nil
}

// latest is the line of the file "checkpoint" that names the newest one.
var latest = regexp.MustCompile(`(?m)^model_checkpoint_path: "([^"\\]+)"`)

// checkpointsIn returns the checkpoints in a folder: the newest if the file
// "checkpoint" names one that is there, else all.
func checkpointsIn(f folder, dir string, files []string) []string {
	var all []string
	for _, name := range files {
		if prefix, ok := strings.CutSuffix(name, ".index"); ok && hasShard(files, prefix) {
			all = append(all, path.Join(dir, prefix))
		}
	}
	if len(all) < 2 || !slices.Contains(files, "checkpoint") {
		return all
	}
	text, err := f.head(path.Join(dir, "checkpoint"), sniffBytes)
	if err != nil {
		return all
	}
	if m := latest.FindSubmatch(text); m != nil {
		// Old versions wrote where the folder was then.
		if newest := path.Join(dir, path.Base(string(m[1]))); slices.Contains(all, newest) {
			return []string{newest}
		}
	}
	return all
}

func hasShard(files []string, prefix string) bool {
	return slices.ContainsFunc(files, func(name string) bool { return strings.HasPrefix(name, prefix+".data-") })
}

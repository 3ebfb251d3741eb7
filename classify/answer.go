package classify

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/resnet/pictures"
)

// Item is what a [Source] names: a picture, or a shard of them.
type Item struct {
	ID    json.RawMessage // of a line; comes back with the answers
	Path  string
	Stdin bool  // it is standard input, and no file has the Path
	Err   error // why it cannot be read: an answer with this error takes its turn
}

// Answer is what became of a picture.
type Answer struct {
	Item
	Index   int           // in the shard of that Path; -1: the Path is the picture
	Info    pictures.Info // of the file: its format, its size, what is doubtful
	Classes []Class       // the best first; none where Err says why
}

// Class is a class with its score: a probability, where the net ends in one.
type Class struct {
	Index int     `json:"index"` // in the net's output
	Label string  `json:"label"`
	Score float32 `json:"score"`
}

// Name tells the picture from all others: its path, PATH#INDEX in a shard,
// "standard input".
func (a *Answer) Name() string {
	switch {
	case a.Stdin:
		return DisplayName(a.Path)
	case a.Index >= 0:
		return fmt.Sprintf("%s#%d", a.Path, a.Index)
	}
	return a.Path
}

// Message is Err in one line that does not repeat the path, "" for none.
func (a *Answer) Message() string {
	if a.Err == nil {
		return ""
	}
	return strings.Join(strings.Fields(withoutPath(a.Err).Error()), " ")
}

// withoutPath drops the path that package os puts into its errors.
func withoutPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Best returns the top classes with the highest scores; labels nil: "class 7".
func Best(scores []float32, labels []string, top int) []Class {
	all := make([]Class, len(scores))
	for i, s := range scores {
		all[i] = Class{i, labelOf(labels, i), s}
	}
	slices.SortStableFunc(all, func(a, b Class) int { return cmp.Compare(b.Score, a.Score) })
	return all[:min(top, len(all))]
}

func labelOf(labels []string, i int) string {
	if labels == nil {
		return fmt.Sprintf("class %d", i)
	}
	return labels[i]
}

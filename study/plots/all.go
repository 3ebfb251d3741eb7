package plots

import (
	"image"

	"github.com/vkeras/vkeras/study"
)

// All returns the figures of a report; picture is what the nets saw, nil where
// there is none.
func All(r *study.Report, picture image.Image) ([]Figure, error) {
	var list []Figure
	blocks, measured, sights := false, false, false
	for _, n := range r.Nets {
		blocks = blocks || len(n.Blocks) > 0
		measured = measured || n.Reach != nil || len(n.Blocks) > 0 && n.Blocks[0].OnBlock != nil
		sights = sights || len(n.Sights) > 0
	}
	if blocks {
		list = append(list, coverage(r))
	}
	if measured {
		list = append(list, effects(r))
	}
	if sights && len(r.Input) == 3 {
		list = append(list, fields(r, picture))
	}
	f, err := costs(r)
	if err != nil {
		return nil, err
	}
	list = append(list, f)
	if r.Accuracy != nil && len(r.Accuracy.Variants) > 0 {
		if f, err = accuracies(r.Accuracy); err != nil {
			return nil, err
		}
		return append(list, f), nil
	}
	if f, ok := places(r.Nets[0]); ok {
		list = append(list, f)
	}
	return list, nil
}

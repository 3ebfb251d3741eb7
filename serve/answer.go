package serve

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// form is how a request wants its answer.
type form struct {
	id    string
	parts []formPart
}

// formPart is an output of an answer.
type formPart struct {
	at      int // in the model's outputs
	packed  bool
	classes int // the highest scores, as text; 0: all, as numbers
}

// form holds the outputs that a request asks for to the model's; it asks for all
// by naming none.
func (r *request) form(m *Model) (*form, error) {
	f := &form{id: r.id}
	if len(r.outputs) == 0 {
		for i := range m.Outputs {
			f.parts = append(f.parts, formPart{at: i, packed: r.packed})
		}
		return f, nil
	}
	for _, w := range r.outputs {
		at, err := find(m.Outputs, w.name)
		if err != nil {
			return nil, invalid("outputs: %w", err)
		}
		if slices.ContainsFunc(f.parts, func(p formPart) bool { return p.at == at }) {
			return nil, invalid("output %q is asked for twice", w.name)
		}
		if w.classes < 0 || w.classes > 0 && len(m.Outputs[at].Shape) != 1 {
			return nil, invalid("output %q of shape %v: classification %d", w.name, m.Outputs[at].Shape, w.classes)
		}
		f.parts = append(f.parts, formPart{at: at, packed: w.packed, classes: w.classes})
	}
	return f, nil
}

// answer is the answer to an inference request.
type answer struct {
	model, id string
	outputs   []result
}

// result is an output of an answer. Its elements are in one of packed, numbers
// and texts.
type result struct {
	name, datatype string
	shape          nn.Shape
	packed         packed
	numbers        []float32
	texts          []string
}

// fill puts what was computed into the form.
func (f *form) fill(m *Model, out []*nn.Tensor) *answer {
	a := &answer{model: m.Name, id: f.id}
	for _, p := range f.parts {
		t := out[p.at]
		r := result{name: m.Outputs[p.at].Name, datatype: fp32, shape: t.Shape}
		switch {
		case p.classes > 0:
			texts := m.best(t, p.classes)
			r.datatype, r.shape = raw, nn.Shape{t.Shape[0], len(texts) / t.Shape[0]}
			if p.packed {
				r.packed = packTexts(texts)
			} else {
				r.texts = texts
			}
		case p.packed:
			r.packed = packFloats(t.Data)
		default:
			r.numbers = t.Data
		}
		a.outputs = append(a.outputs, r)
	}
	return a
}

// best writes the n highest scores of each image as score:index:label, as the
// classification extension has it; without labels as score:index.
func (m *Model) best(t *nn.Tensor, n int) []string {
	classes := t.Shape[1]
	two := m.TwoClasses && classes == 1
	if two {
		classes = 2
	}
	n = min(n, classes)
	order := make([]int, classes)
	texts := make([]string, 0, n*t.Shape[0])
	for image := range t.Shape[0] {
		scores := t.Image(image)
		if two {
			scores = []float32{1 - scores[0], scores[0]}
		}
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
		for _, i := range order[:n] {
			text := fmt.Sprintf("%f:%d", scores[i], i)
			if len(m.Labels) == classes {
				text += ":" + m.Labels[i]
			}
			texts = append(texts, text)
		}
	}
	return texts
}

func packFloats(data []float32) packed {
	b := make(packed, 0, 4*len(data))
	for _, v := range data {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// packTexts writes each text after its length.
func packTexts(texts []string) packed {
	var b packed
	for _, t := range texts {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(t))), t...)
	}
	return b
}

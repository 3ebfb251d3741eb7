package serve

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"

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
	binary  bool
	classes int // the highest scores, as text; 0: all, as numbers
}

// form holds the outputs that a request asks for to the model's; it asks for all
// by naming none.
func (r *request) form(m *Model) (*form, error) {
	f := &form{id: r.ID}
	if len(r.Outputs) == 0 {
		for i := range m.Outputs {
			f.parts = append(f.parts, formPart{at: i, binary: r.Parameters.Binary})
		}
		return f, nil
	}
	for _, w := range r.Outputs {
		at, err := find(m.Outputs, w.Name)
		if err != nil {
			return nil, invalid("outputs: %w", err)
		}
		if slices.ContainsFunc(f.parts, func(p formPart) bool { return p.at == at }) {
			return nil, invalid("output %q is asked for twice", w.Name)
		}
		p := formPart{at: at, binary: r.Parameters.Binary, classes: w.Parameters.Classes}
		if w.Parameters.Binary != nil {
			p.binary = *w.Parameters.Binary
		}
		if p.classes < 0 || p.classes > 0 && len(m.Outputs[at].Shape) != 1 {
			return nil, invalid("output %q of shape %v: classification %d", w.Name, m.Outputs[at].Shape, p.classes)
		}
		f.parts = append(f.parts, p)
	}
	return f, nil
}

// answer is the answer to an inference request.
type answer struct {
	head   answerJSON
	json   []byte
	binary [][]byte // after the JSON, in the outputs' order
}

type answerJSON struct {
	Model   string       `json:"model_name"`
	Version string       `json:"model_version"`
	ID      string       `json:"id,omitempty"`
	Outputs []outputJSON `json:"outputs"`
}

type outputJSON struct {
	Name       string         `json:"name"`
	Datatype   string         `json:"datatype"`
	Shape      []int          `json:"shape"`
	Parameters map[string]int `json:"parameters,omitempty"`
	Data       any            `json:"data,omitempty"`
}

// fill puts what was computed into the form.
func (f *form) fill(m *Model, out []*nn.Tensor) (*answer, error) {
	a := &answer{head: answerJSON{Model: m.Name, Version: version, ID: f.id}}
	for _, p := range f.parts {
		t := out[p.at]
		o := outputJSON{Name: m.Outputs[p.at].Name, Datatype: fp32, Shape: t.Shape}
		var texts []string
		if p.classes > 0 {
			texts, o.Datatype = m.best(t, p.classes), raw
			o.Shape = []int{t.Shape[0], len(texts) / t.Shape[0]}
		}
		switch {
		case p.binary:
			b := packFloats(t.Data)
			if texts != nil {
				b = packTexts(texts)
			}
			a.binary = append(a.binary, b)
			o.Parameters = map[string]int{"binary_data_size": len(b)}
		case texts != nil:
			o.Data = texts
		default:
			o.Data = t.Data
		}
		a.head.Outputs = append(a.head.Outputs, o)
	}
	var err error
	if a.json, err = json.Marshal(a.head); err != nil {
		return nil, fmt.Errorf("the output has numbers that JSON does not know; binary_data has them all: %w", err)
	}
	return a, nil
}

// send writes the answer.
func (a *answer) send(w http.ResponseWriter) {
	size := len(a.json)
	for _, b := range a.binary {
		size += len(b)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if a.binary != nil {
		h.Set("Content-Type", "application/octet-stream")
		h.Set(headerLength, strconv.Itoa(len(a.json)))
	}
	h.Set("Content-Length", strconv.Itoa(size))
	for _, b := range append([][]byte{a.json}, a.binary...) {
		if _, err := w.Write(b); err != nil {
			return // the client is gone
		}
	}
}

// best writes the n highest scores of each image as score:index:label, as the
// classification extension has it; without labels as score:index.
func (m *Model) best(t *nn.Tensor, n int) []string {
	classes := t.Shape[1]
	n = min(n, classes)
	order := make([]int, classes)
	texts := make([]string, 0, n*t.Shape[0])
	for image := range t.Shape[0] {
		scores := t.Image(image)
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

func packFloats(data []float32) []byte {
	b := make([]byte, 0, 4*len(data))
	for _, v := range data {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// packTexts writes each text after its length.
func packTexts(texts []string) []byte {
	var b []byte
	for _, t := range texts {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(t))), t...)
	}
	return b
}

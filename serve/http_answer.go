package serve

import (
	"encoding/json"
	"net/http"
	"strconv"
)

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

// writeAnswer writes an answer, or fails before anything is written.
func writeAnswer(w http.ResponseWriter, a *answer) error {
	j := answerJSON{Model: a.model, Version: version, ID: a.id}
	parts := [][]byte{nil} // the JSON, and packed elements in the outputs' order
	size := 0
	for _, r := range a.outputs {
		o := outputJSON{Name: r.name, Datatype: r.datatype, Shape: r.shape}
		switch {
		case r.packed != nil:
			parts, size = append(parts, r.packed), size+len(r.packed)
			o.Parameters = map[string]int{"binary_data_size": len(r.packed)}
		case r.texts != nil:
			o.Data = r.texts
		default:
			o.Data = r.numbers
		}
		j.Outputs = append(j.Outputs, o)
	}
	head, err := json.Marshal(j)
	if err != nil {
		return invalid("the output has numbers that JSON does not know: ask for it as binary_data, which has them all: %w", err)
	}
	parts[0] = head
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if len(parts) > 1 {
		h.Set("Content-Type", "application/octet-stream")
		h.Set(headerLength, strconv.Itoa(len(head)))
	}
	h.Set("Content-Length", strconv.Itoa(len(head)+size))
	for _, b := range parts {
		if _, err := w.Write(b); err != nil {
			break // the client is gone
		}
	}
	return nil
}

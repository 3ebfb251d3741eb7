package classify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/vkeras/vkeras/nn"
)

// DocumentSchema names the form of a [Document].
const DocumentSchema = "vkeras.classify/1"

// Document is answers as one JSON document. [NewJSON] writes it piece by piece.
type Document struct {
	Schema        string        `json:"schema"`
	Model         string        `json:"model"`
	Device        string        `json:"device"`
	Precision     nn.Precision  `json:"precision"`
	Resize        string        `json:"resize"`
	Preset        string        `json:"preset"`
	Preprocessing Preprocessing `json:"preprocessing"`
	Score         string        `json:"score"` // what scores are
	Pictures      []Picture     `json:"pictures"`
	Failed        []Failure     `json:"failed"`
}

// Picture is a picture's answer in a [Document].
type Picture struct {
	File    string  `json:"file"`
	Width   int     `json:"width"`             // as decoded
	Height  int     `json:"height"`            // as decoded
	Decoder string  `json:"decoder,omitempty"` // of a JPEG file
	Shrunk  int     `json:"shrunk,omitempty"`  // 2, 4 or 8: decoded to that part of its size
	Classes []Class `json:"classes"`
}

// Failure is a file in a [Document] that could not be classified.
type Failure struct {
	File  string `json:"file"`
	Error string `json:"error"`
}

// JSON writes a [Document] picture by picture; the failures come last.
type JSON struct {
	w     io.Writer
	head  Document
	begun bool
}

// NewJSON returns a writer of the document, which has everything but answers.
func NewJSON(w io.Writer, head Document) *JSON {
	head.Schema, head.Pictures, head.Failed = DocumentSchema, []Picture{}, []Failure{}
	return &JSON{w: w, head: head}
}

// Write writes the answers that came.
func (j *JSON) Write(answers []*Answer) error {
	for _, a := range answers {
		if a.Err != nil {
			j.head.Failed = append(j.head.Failed, Failure{a.Name(), a.Message()})
			continue
		}
		if err := j.one(Picture{a.Name(), a.Info.Width, a.Info.Height, a.Info.Decoder, a.Info.Shrunk, a.Classes}); err != nil {
			return err
		}
	}
	return nil
}

// one writes a picture, behind the head or the picture before it.
func (j *JSON) one(p Picture) error {
	const prefix, indent = "    ", "  "
	between := ",\n"
	if !j.begun {
		j.begun = true
		head, _, err := j.around()
		if err != nil {
			return err
		}
		between = string(head) + "\n"
	}
	b, err := json.MarshalIndent(p, prefix, indent)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(j.w, "%s%s%s", between, prefix, b)
	return err
}

// around returns the document before and behind the list of pictures' items.
func (j *JSON) around() (head, tail []byte, err error) {
	all, err := json.MarshalIndent(j.head, "", "  ")
	if err != nil {
		return nil, nil, err
	}
	empty := []byte("\n  \"pictures\": []") // no string holds a raw line break
	at := bytes.Index(all, empty) + len(empty) - 1
	return all[:at], append(all[at:], '\n'), nil
}

// Close ends the document. It is not for after an error.
func (j *JSON) Close() error {
	head, tail, err := j.around()
	if err != nil {
		return err
	}
	if j.begun {
		head = []byte("\n  ")
	}
	_, err = j.w.Write(append(head, tail...))
	return err
}

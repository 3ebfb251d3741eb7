package explore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"strconv"
	"strings"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// problem is an error with its HTTP status.
type problem struct {
	status int
	text   string
}

func (p problem) Error() string { return p.text }

// refuse is a request that makes no sense.
func refuse(format string, a ...any) error {
	return problem{http.StatusBadRequest, fmt.Sprintf(format, a...)}
}

// missing is what is asked for and is not there.
func missing(format string, a ...any) error {
	return problem{http.StatusNotFound, fmt.Sprintf(format, a...)}
}

// statusOf returns the HTTP status of an error.
func statusOf(err error) int {
	var p problem
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p.status
	case errors.As(err, &large), errors.Is(err, pictures.ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, pictures.ErrFormat):
		return http.StatusUnsupportedMediaType
	case errors.Is(err, gpu.ErrNoDevice), errors.Is(err, engine.ErrReferencePrecision), errors.Is(err, cpu.ErrPrecision), errors.Is(err, gpu.ErrPrecision):
		return http.StatusBadRequest
	case errors.Is(err, context.Canceled):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// fail answers with an error: {"error": "one line"}.
func fail(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(statusOf(err))
	_ = json.NewEncoder(w).Encode(map[string]string{"error": oneLine(err)})
}

func oneLine(err error) string { return shorten(strings.Join(strings.Fields(err.Error()), " "), 600) }

func shorten(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

// answering is a handler that returns what it answers, or an error.
type answering func(r *http.Request) (any, error)

// ServeHTTP writes the answer: a picture as PNG, bytes that are PNG already, anything
// else as JSON.
func (f answering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v, err := f(r)
	if err != nil {
		fail(w, err)
		return
	}
	var body bytes.Buffer // whole before it is sent: an error still has its status
	kind := "image/png"
	switch v := v.(type) {
	case encoded:
		body.Write(v)
	case image.Image:
		err = quick.Encode(&body, v)
	default:
		kind = "application/json"
		err = json.NewEncoder(&body).Encode(v)
	}
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	_, _ = w.Write(body.Bytes())
}

// encoded is a PNG file.
type encoded []byte

// quick encodes pictures that are seen once: size matters less than time.
var quick = png.Encoder{CompressionLevel: png.BestSpeed}

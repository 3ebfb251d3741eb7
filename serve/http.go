package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func (s *Server) route() {
	s.mux.HandleFunc("GET /v2", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.about()) })
	s.mux.HandleFunc("GET /v2/health/live", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]bool{"live": true})
	})
	s.mux.HandleFunc("GET /v2/health/ready", func(w http.ResponseWriter, _ *http.Request) { writeReady(w, s.Ready()) })
	s.mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
	for _, version := range []string{"", "/versions/{version}"} {
		model := "/v2/models/{model}" + version
		s.mux.HandleFunc("GET "+model, s.ofModel(func(w http.ResponseWriter, _ *http.Request, q *queue) {
			writeJSON(w, http.StatusOK, describe(q.model))
		}))
		s.mux.HandleFunc("GET "+model+"/ready", s.ofModel(func(w http.ResponseWriter, _ *http.Request, q *queue) {
			writeReady(w, s.readyWith(q))
		}))
		s.mux.HandleFunc("POST "+model+"/infer", s.ofModel(s.inferHTTP))
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, http.StatusNotFound, fmt.Errorf("there is no %s %.200s: see /v2", r.Method, r.URL.Path))
	})
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		w.Header().Set("Connection", "close") // so that the client's next one goes elsewhere
	}
	s.mux.ServeHTTP(s.readRest(w, r))
}

// ofModel finds the model that a path names.
func (s *Server) ofModel(handle func(http.ResponseWriter, *http.Request, *queue)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q, err := s.find(r.PathValue("model"), r.PathValue("version"))
		if err != nil {
			writeError(w, outcomeOf(r.Context(), err).status, err)
			return
		}
		handle(w, r, q)
	}
}

// inferHTTP answers an inference request.
func (s *Server) inferHTTP(w http.ResponseWriter, r *http.Request, q *queue) {
	o, err := s.infer(r.Context(), exchange{
		transport: "http", remote: r.RemoteAddr, model: q.model.Name,
		read: func() (*queue, *request, func(), error) {
			body, free, err := s.readBody(w, r)
			if err != nil {
				return nil, nil, nil, err
			}
			asked, err := parse(r.Header, body)
			if err != nil {
				free()
				return nil, nil, nil, err
			}
			return q, asked, free, nil
		},
		write: func(a *answer) error { return writeAnswer(w, a) },
	})
	if err == nil || o.status == statusGone {
		return
	}
	if o.again {
		w.Header().Set("Retry-After", "1")
	}
	writeError(w, o.status, err)
}

// readBody reads a request's body, within what all bodies may have; free gives
// that back.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) (body []byte, free func(), err error) {
	limit := s.options.RequestBytes
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, nil, fmt.Errorf("content encoding %.40q: %w", e, errEncoding)
	}
	size := r.ContentLength
	if size > limit {
		return nil, nil, fmt.Errorf("%w: %d bytes, more than %d", errTooLong, size, limit)
	}
	if size < 0 { // chunked: nobody knows
		size = limit
	}
	if free, err = s.budget(size); err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	if _, err = io.Copy(&b, http.MaxBytesReader(w, r.Body, limit)); err != nil {
		free()
		if errors.As(err, new(*http.MaxBytesError)) {
			return nil, nil, fmt.Errorf("%w: more than %d bytes", errTooLong, limit)
		}
		return nil, nil, invalid("reading the body: %w", err)
	}
	return b.Bytes(), free, nil
}

func writeReady(w http.ResponseWriter, ready bool) {
	status := http.StatusOK
	if !ready {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, map[string]bool{"ready": ready})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be written as JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}

func writeError(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, map[string]string{"error": err.Error()})
}

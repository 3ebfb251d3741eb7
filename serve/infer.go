package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// statusGone is what the log and the metrics call a request whose client went
// away: nobody gets it.
const statusGone = 499

// infer answers an inference request.
func (s *Server) infer(w http.ResponseWriter, r *http.Request, q *queue) {
	begin, images := time.Now(), 0
	answer, err := s.compute(w, r, q, &images)
	status := http.StatusOK
	if err != nil {
		status = statusOf(r.Context(), err)
	}
	switch status {
	case http.StatusOK:
		answer.send(w)
	case statusGone:
	default:
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "1")
		}
		if status == http.StatusRequestEntityTooLarge {
			w.Header().Set("Connection", "close") // the body was not read to its end
		}
		writeError(w, status, err)
	}
	took := time.Since(begin)
	s.metrics.requests.WithLabelValues(q.model.Name, strconv.Itoa(status)).Inc()
	s.metrics.requestSeconds.WithLabelValues(q.model.Name).Observe(took.Seconds())
	log := s.options.Log.Debug
	if status == http.StatusInternalServerError {
		log = s.options.Log.Error
	}
	log("infer", "model", q.model.Name, "remote", r.RemoteAddr, "status", status, "images", images, "seconds", took.Seconds(), "error", err)
}

// statusOf returns the HTTP status for an error.
func statusOf(client context.Context, err error) int {
	var tooLong *http.MaxBytesError
	switch {
	case client.Err() != nil:
		return statusGone
	case errors.As(err, &tooLong), errors.Is(err, pictures.ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errEncoding):
		return http.StatusUnsupportedMediaType
	case isInvalid(err), errors.Is(err, pictures.ErrFormat):
		return http.StatusBadRequest
	case errors.Is(err, ErrBusy), errors.Is(err, ErrClosed), errors.Is(err, ErrNoProgram), errors.Is(err, gpu.ErrDeviceLost):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// errEncoding is a body that was compressed.
var errEncoding = errors.New("bodies are taken as they are")

// compute does what an inference request asks for.
func (s *Server) compute(w http.ResponseWriter, r *http.Request, q *queue, images *int) (*answer, error) {
	done, err := s.begin()
	if err != nil {
		return nil, err
	}
	defer done()
	body, free, err := s.read(w, r)
	if err != nil {
		return nil, err
	}
	defer free()
	asked, err := parse(r.Header, body)
	if err != nil {
		return nil, err
	}
	n, err := asked.images(q.model)
	if err != nil {
		return nil, err
	}
	*images = n
	form, err := asked.form(q.model)
	if err != nil {
		return nil, err
	}
	if err := q.reserve(n); err != nil {
		return nil, err
	}
	in, err := s.tensors(r.Context(), q.model, asked)
	if err != nil {
		q.release(n)
		return nil, err
	}
	out, err := q.submit(&call{ctx: r.Context(), in: in, images: n})
	if err != nil {
		return nil, err
	}
	return form.fill(q.model, out)
}

// read reads a request's body, within what all bodies may have; free gives that
// back.
func (s *Server) read(w http.ResponseWriter, r *http.Request) (body []byte, free func(), err error) {
	limit := s.options.RequestBytes
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, nil, fmt.Errorf("content encoding %.40q: %w", e, errEncoding)
	}
	size := r.ContentLength
	if size > limit {
		return nil, nil, &http.MaxBytesError{Limit: limit}
	}
	if size < 0 { // chunked: nobody knows
		size = limit
	}
	if !s.bodies.TryAcquire(size) {
		return nil, nil, fmt.Errorf("%w: it reads as many bytes as it may", ErrBusy)
	}
	var b bytes.Buffer
	if _, err = io.Copy(&b, http.MaxBytesReader(w, r.Body, limit)); err != nil {
		s.bodies.Release(size)
		if !errors.As(err, new(*http.MaxBytesError)) {
			err = invalid("reading the body: %w", err)
		}
		return nil, nil, err
	}
	return b.Bytes(), func() { s.bodies.Release(size) }, nil
}

// tensors makes the model's inputs of a request's.
func (s *Server) tensors(ctx context.Context, m *Model, r *request) ([]*nn.Tensor, error) {
	list := make([]*nn.Tensor, len(m.Inputs))
	for i := range r.Inputs {
		in := &r.Inputs[i]
		at, err := find(m.Inputs, in.Name)
		if err != nil {
			return nil, err
		}
		t := nn.NewTensor(m.Inputs[at].Shape.Batch(in.Shape[0])...)
		list[at] = t
		if in.Datatype == raw {
			err = s.decode(ctx, m, r, in, t)
		} else {
			err = in.floats(t.Data)
		}
		if err != nil {
			return nil, fmt.Errorf("input %q: %w", in.Name, err)
		}
	}
	return list, nil
}

// decode makes a tensor of encoded pictures, on as many cores as are free.
func (s *Server) decode(ctx context.Context, m *Model, r *request, in *inputJSON, t *nn.Tensor) error {
	files, err := in.files(r.whole)
	if err != nil {
		return err
	}
	group, inner := errgroup.WithContext(ctx)
	for i, file := range files {
		if err := s.decoders.Acquire(inner, 1); err != nil {
			break // the client is gone, or a picture is bad
		}
		group.Go(func() error {
			defer s.decoders.Release(1)
			begin := time.Now()
			height, width := m.Inputs[0].Shape[0], m.Inputs[0].Shape[1]
			_, err := pictures.Tensor(t.Image(i), bytes.NewReader(file), width, height, *m.Pictures)
			s.metrics.decodeSeconds.WithLabelValues(m.Name).Observe(time.Since(begin).Seconds())
			if err != nil {
				return fmt.Errorf("picture %d: %w", i, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

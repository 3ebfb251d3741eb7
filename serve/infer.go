package serve

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// exchange is an inference request as its transport has it.
type exchange struct {
	transport, remote string
	model             string // where it is known before the request is read
	// read returns the request and the queue of its model; free gives back what
	// it takes of Options.BodyBytes.
	read func() (q *queue, r *request, free func(), err error)
	// write sends the answer. It returns an error where the client gets none.
	write func(*answer) error
}

// infer answers an inference request, or returns what is to be said instead.
func (s *Server) infer(ctx context.Context, x exchange) (outcome, error) {
	begin := time.Now()
	model, images, err := s.exchange(ctx, x)
	o := outcomeOf(ctx, err)
	took := time.Since(begin)
	s.metrics.requests.WithLabelValues(model, strconv.Itoa(o.status), x.transport).Inc()
	s.metrics.requestSeconds.WithLabelValues(model, x.transport).Observe(took.Seconds())
	log := s.options.Log.Debug
	if o.status == http.StatusInternalServerError {
		log = s.options.Log.Error
	}
	log("infer", "model", model, "transport", x.transport, "remote", x.remote, "status", o.status, "images", images, "seconds", took.Seconds(), "error", err)
	return o, err
}

// exchange does what an inference request asks for. It returns the name of its
// model, empty where there is none, and how many images it has.
func (s *Server) exchange(ctx context.Context, x exchange) (model string, images int, err error) {
	done, err := s.begin()
	if err != nil {
		return x.model, 0, err
	}
	defer done()
	q, r, free, err := x.read()
	if err != nil {
		return x.model, 0, err
	}
	a, images, err := s.compute(ctx, q, r, free)
	if err == nil {
		err = x.write(a)
	}
	return q.model.Name, images, err
}

// compute answers a request.
func (s *Server) compute(ctx context.Context, q *queue, r *request, free func()) (a *answer, images int, err error) {
	defer free()
	images, err = r.images(q.model)
	if err != nil {
		return nil, 0, err
	}
	form, err := r.form(q.model)
	if err != nil {
		return nil, images, err
	}
	if err := q.reserve(images); err != nil {
		return nil, images, err
	}
	in, err := s.tensors(ctx, q.model, r)
	if err != nil {
		q.release(images)
		return nil, images, err
	}
	out, err := q.submit(&call{ctx: ctx, in: in, images: images})
	if err != nil {
		return nil, images, err
	}
	return form.fill(q.model, out), images, nil
}

// tensors makes the model's inputs of a request's.
func (s *Server) tensors(ctx context.Context, m *Model, r *request) ([]*nn.Tensor, error) {
	list := make([]*nn.Tensor, len(m.Inputs))
	for i := range r.inputs {
		in := &r.inputs[i]
		at, err := find(m.Inputs, in.name)
		if err != nil {
			return nil, err
		}
		t := nn.NewTensor(m.Inputs[at].Shape.Batch(in.shape[0])...)
		list[at] = t
		if in.datatype == raw {
			err = s.decode(ctx, m, in, t)
		} else {
			err = in.contents.floats(t.Data)
		}
		if err != nil {
			return nil, fmt.Errorf("input %q: %w", in.name, err)
		}
	}
	return list, nil
}

// decode makes a tensor of encoded pictures, on as many cores as are free.
func (s *Server) decode(ctx context.Context, m *Model, in *input, t *nn.Tensor) error {
	files, err := in.contents.files(in.shape[0])
	if err != nil {
		return err
	}
	size := m.Inputs[0].Shape // (height, width, channels)
	if m.Pictures.Planes {
		size = size[1:]
	}
	group, inner := errgroup.WithContext(ctx)
	for i, file := range files {
		if err := s.decoders.Acquire(inner, 1); err != nil {
			break // the client is gone, or a picture is bad
		}
		group.Go(func() error {
			defer s.decoders.Release(1)
			begin := time.Now()
			_, err := pictures.Tensor(t.Image(i), bytes.NewReader(file), size[1], size[0], *m.Pictures)
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

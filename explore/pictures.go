package explore

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/validate"
)

// picture returns the one that the path names.
func (x *Explorer) picture(r *http.Request) (*picture, error) { return x.store.get(r.PathValue("id")) }

// body reads a picture's file from a request.
func body(r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, mostBytes))
	if err == nil && len(b) == 0 {
		err = refuse("the body is empty: it must be a picture's file")
	}
	return b, err
}

// addPicture takes a picture that is sent.
func (x *Explorer) addPicture(r *http.Request) (any, error) {
	file, err := body(r)
	if err != nil {
		return nil, err
	}
	name := r.URL.Query().Get("name")
	if name == "" {
		name = "picture"
	}
	return x.store.add(name, file)
}

func (x *Explorer) describePicture(r *http.Request) (any, error) { return x.picture(r) }

func (x *Explorer) dropPicture(r *http.Request) (any, error) {
	return struct{}{}, x.store.drop(r.PathValue("id"))
}

// original is the picture as it is, reduced to at most longest pixels.
func (x *Explorer) original(r *http.Request) (any, error) {
	p, err := x.picture(r)
	if err != nil {
		return nil, err
	}
	return p.original, nil
}

// netInput is what the net got, its values as the picture's were.
func (x *Explorer) netInput(r *http.Request) (any, error) {
	p, err := x.picture(r)
	if err != nil {
		return nil, err
	}
	return p.pixels, nil
}

// answer is what a net says of a picture.
type answer struct {
	Classes   []class `json:"classes"`
	Score     string  `json:"score"` // what a probability is: "probability", or "score" where the net ends in none
	MS        float64 `json:"ms"`    // of the run, by the host's clock
	Device    string  `json:"device"`
	Word      string  `json:"word"` // of the device
	Precision string  `json:"precision"`
}

type class struct {
	Index       int             `json:"index"`
	Label       string          `json:"label"`
	Probability validate.Number `json:"probability"`
}

// mostTop bounds the classes of an answer.
const mostTop = 1000

func (x *Explorer) classify(r *http.Request) (any, error) {
	p, err := x.picture(r)
	if err != nil {
		return nil, err
	}
	return x.answer(r, p.input)
}

// frame answers for a picture of a camera, which is not kept.
func (x *Explorer) frame(r *http.Request) (any, error) {
	file, err := body(r)
	if err != nil {
		return nil, err
	}
	input, err := x.store.input(file)
	if err != nil {
		return nil, err
	}
	x.options.Task.Pictures.Preset.Apply(input.Data)
	return x.answer(r, input)
}

func (x *Explorer) answer(r *http.Request, input *nn.Tensor) (any, error) {
	c, err := x.desk.choose(r)
	if err != nil {
		return nil, err
	}
	top, err := number(r, "top", 5, 1, mostTop)
	if err != nil {
		return nil, err
	}
	return x.answerOn(r.Context(), c, input, top)
}

func (x *Explorer) answerOn(ctx context.Context, c choice, input *nn.Tensor, top int) (*answer, error) {
	a := &answer{Classes: []class{}, Score: x.options.Task.Score, Word: c.device, Precision: string(c.precision)}
	err := x.desk.alone(ctx, func() error {
		net, err := x.net(c)
		if err != nil {
			return err
		}
		begin := time.Now()
		y, err := net.Run(ctx, &nn.Tensor{Shape: input.Shape.Batch(1), Data: input.Data})
		if err != nil {
			return err
		}
		a.MS, a.Device = milliseconds(time.Since(begin)), net.Device().String()
		for _, b := range classify.Best(y.Data, x.options.Task.Labels, top) {
			a.Classes = append(a.Classes, class{b.Index, b.Label, validate.Number(b.Score)})
		}
		return nil
	})
	return a, err
}

// net is the whole net for one picture. It is for the work of alone.
func (x *Explorer) net(c choice) (engine.Net, error) {
	return x.desk.engineNet(c, "answers", func() *nn.Graph { return x.graph }, 1)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

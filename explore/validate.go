package explore

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/validate"
)

// verdict is what the last validation found: what its error maps are drawn of.
type verdict struct {
	mu   sync.Mutex
	maps map[int]*validate.HeatMap // by node
}

type validateAnswer struct {
	Passed    bool                 `json:"passed"`
	Device    string               `json:"device"`
	Word      string               `json:"word"`
	Judge     string               `json:"judge"`
	Precision string               `json:"precision"`
	Planned   bool                 `json:"planned"`
	Input     string               `json:"input"` // the picture's name, or random
	Layers    []layerVerdictAnswer `json:"layers"`
	Totals    validate.Totals      `json:"totals"`
}

type layerVerdictAnswer struct {
	Node      int                 `json:"node"`
	Name      string              `json:"name"`
	Nodes     []int               `json:"nodes"` // that it computes
	Kernels   []string            `json:"kernels"`
	Verdict   string              `json:"verdict"` // passed; failed: wrong by itself; drifted: right by itself, wrong in its place; renamed: nothing runs
	MaxAbs    *validate.Number    `json:"max_abs"`
	NMSE      *validate.Number    `json:"nmse"`
	Tolerance *validate.Tolerance `json:"tolerance"`
	First     *validate.Element   `json:"first"` // the worst element
	Place     *validate.Place     `json:"place"` // where the errors sit, and what usually puts them there
	Cause     string              `json:"cause"`
	Map       bool                `json:"map"` // api/validate/maps/NODE.png shows its errors
	Unsteady  bool                `json:"unsteady"`
}

// validate holds every layer to the reference, and tells how far it is meanwhile: a
// line of JSON each.
func (x *Explorer) validate(w http.ResponseWriter, r *http.Request) {
	o, word, input, err := x.validation(r)
	if err != nil {
		fail(w, err)
		return
	}
	lines := stream{w: w, flush: http.NewResponseController(w)}
	o.Progress = lines.progress
	var report *validate.Report
	err = x.desk.alone(r.Context(), func() error {
		device, err := x.desk.device(word.device)
		if err != nil {
			return err
		}
		if v, ok := engine.Vulkan(device); ok {
			o.Device, o.SPIRV = v, x.options.SPIRV
		}
		passes := device.Passes()
		o.Passes = &passes
		report, err = validate.Run(r.Context(), o)
		return err
	})
	if err != nil {
		lines.fail(err)
		return
	}
	lines.write(map[string]any{"result": x.judged(report, word, input)})
}

// validation reads what a request wants validated.
func (x *Explorer) validation(r *http.Request) (o validate.Options, c choice, input string, err error) {
	if c, err = x.desk.choose(r); err != nil {
		return o, c, "", err
	}
	if c.device == engine.Reference {
		return o, c, "", refuse("the reference is what others are held to: device=W names another")
	}
	choices := []string{"1", "0"}
	if len(x.options.SPIRV) > 0 {
		choices = []string{"0", "1"} // as vkeras validate: a shader of one's own is a plain kernel, as a rule
	}
	planned, err := word(r, "planned", choices...)
	if err != nil {
		return o, c, "", err
	}
	o = validate.Options{Graph: x.graph, Precision: c.precision, Planned: planned == "1"}
	id := r.URL.Query().Get("picture")
	if id == "" {
		o.Inputs = validate.RandomInputs(x.graph, 1, x.options.Task.Pictures.Preset.Apply)
		return o, c, "random pixels", nil
	}
	p, err := x.store.get(id)
	if err != nil {
		return o, c, "", err
	}
	o.Inputs = []*nn.Tensor{{Shape: p.input.Shape.Batch(1), Data: p.input.Data}}
	return o, c, p.Name, nil
}

// judged turns a report into an answer and keeps its error maps.
func (x *Explorer) judged(report *validate.Report, c choice, input string) validateAnswer {
	a := validateAnswer{
		Passed: len(report.Failed()) == 0, Device: report.Device, Word: c.device, Judge: report.Judge, Precision: string(report.Precision), Planned: report.Planned,
		Input: input, Layers: []layerVerdictAnswer{}, Totals: report.Totals,
	}
	maps := map[int]*validate.HeatMap{}
	for _, l := range report.Layers {
		v := layerVerdictAnswer{Node: -1, Name: l.Name, Nodes: []int{}, Kernels: l.Kernels, Verdict: "passed", Place: l.Place, Cause: l.Suspect, Unsteady: l.Unsteady}
		for _, name := range l.Nodes {
			if n, ok := x.graph.Node(name); ok {
				v.Nodes, v.Node = append(v.Nodes, n.Index), n.Index
			}
		}
		check := l.Cumulative
		switch {
		case l.Isolated != nil && !l.Isolated.Passed:
			v.Verdict, check = "failed", l.Isolated
		case l.Cumulative != nil && !l.Cumulative.Passed:
			v.Verdict = "drifted"
		case l.Isolated == nil:
			v.Verdict = "renamed"
		default:
			check = l.Isolated
		}
		if v.Cause == "" && l.Place != nil {
			v.Cause = l.Place.Cause
		}
		if check != nil {
			v.MaxAbs, v.NMSE, v.Tolerance, v.First = &check.MaxAbs, &check.NMSE, &check.Tolerance, check.Worst
		}
		if m := l.Heat(); m != nil {
			maps[v.Node], v.Map = m, true
		}
		a.Layers = append(a.Layers, v)
	}
	x.verdict.mu.Lock()
	defer x.verdict.mu.Unlock()
	x.verdict.maps = maps
	return a
}

// errorMap draws where a layer was wrong in the last validation.
func (x *Explorer) errorMap(r *http.Request) (any, error) {
	r.SetPathValue("node", cutPNG(r.PathValue("file")))
	n, err := x.node(r)
	if err != nil {
		return nil, err
	}
	x.verdict.mu.Lock()
	defer x.verdict.mu.Unlock()
	m, ok := x.verdict.maps[n.Index]
	if !ok {
		return nil, missing("node %d did not fail by itself in the last validation", n.Index)
	}
	return m.Image(), nil
}

// stream writes lines of JSON as they come.
type stream struct {
	w     http.ResponseWriter
	flush *http.ResponseController
	begun bool
	last  time.Time
}

// pause is the least time between two lines that tell of progress.
const pause = 100 * time.Millisecond

func (s *stream) progress(phase string, done, total int) {
	if now := time.Now(); done == total || now.Sub(s.last) >= pause {
		s.last = now
		s.write(map[string]any{"progress": map[string]any{"phase": phase, "done": done, "total": total}})
	}
}

func (s *stream) write(v any) {
	if !s.begun {
		s.begun = true
		s.w.Header().Set("Content-Type", "application/x-ndjson")
	}
	_ = json.NewEncoder(s.w).Encode(v)
	_ = s.flush.Flush() // who is gone has cancelled the request
}

// fail ends the stream with an error; before its first line, as any answer.
func (s *stream) fail(err error) {
	if !s.begun {
		fail(s.w, err)
		return
	}
	s.write(map[string]string{"error": oneLine(err)})
}

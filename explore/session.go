package explore

import (
	"net/http"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/view"
)

// session is what a page needs first.
type session struct {
	Version    string         `json:"version"`
	Device     offered        `json:"device"` // where a request names none
	Precision  nn.Precision   `json:"precision"`
	Devices    []offered      `json:"devices"`
	Precisions []nn.Precision `json:"precisions"`
	Model      model          `json:"model"`
	Samples    []sample       `json:"samples"`
}

type model struct {
	File          string                 `json:"file"`
	Name          string                 `json:"name"`
	Architecture  string                 `json:"architecture"` // where it is one that vkeras knows, else ""
	Input         input                  `json:"input"`
	Classes       int                    `json:"classes"`
	Labels        []string               `json:"labels"`
	Score         string                 `json:"score"` // what the outputs are
	Preset        string                 `json:"preset"`
	Preprocessing classify.Preprocessing `json:"preprocessing"`
	Parameters    int64                  `json:"parameters"`
	MACs          int64                  `json:"macs"`
	Trained       bool                   `json:"trained"`
	CAM           bool                   `json:"cam"` // class activation maps are exact
	Nodes         int                    `json:"nodes"`
}

type input struct {
	Height   int `json:"height"`
	Width    int `json:"width"`
	Channels int `json:"channels"`
}

func (x *Explorer) session(*http.Request) (any, error) {
	t := x.options.Task
	s := session{
		Version: x.options.Version, Devices: x.desk.listed, Precision: x.desk.exact, Precisions: nn.Precisions(), Samples: x.store.samples,
	}
	for _, o := range s.Devices {
		if o.Word == x.desk.first.Info().Selector {
			s.Device = o
		}
	}
	in := x.graph.Inputs[0].Shape
	parameters, _ := x.graph.Parameters()
	s.Model = model{
		File: x.options.File, Name: x.options.Name, Architecture: t.Known.Architecture,
		Input: input{in[0], in[1], in[2]}, Classes: len(t.Labels), Labels: t.Labels, Score: t.Score,
		Preset: string(t.Pictures.Preset), Preprocessing: t.Preprocessing(), Parameters: parameters, MACs: x.graph.MACs(), Trained: !x.options.Untrained,
		Nodes: len(x.graph.Nodes),
	}
	_, err := view.NewCAM(x.graph)
	s.Model.CAM = err == nil
	return s, nil
}

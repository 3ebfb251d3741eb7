package applications

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
)

// config returns the architecture as model.to_json() gives it for an input of that
// shape, (H, W, 3), and, of a net with its top, for that many classes.
func (e *entry) config(top bool, classes int, input nn.Shape) ([]byte, error) {
	text, _, err := e.built(top, classes, input)
	return text, err
}

// graph returns the net without its weights.
func (e *entry) graph(top bool, classes int, input nn.Shape) (*nn.Graph, error) {
	text, g, err := e.built(top, classes, input)
	if err == nil && g == nil {
		g, err = loader.ParseConfig(text, loader.WithInputShape(input))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.Name, err)
	}
	return g, nil
}

// built returns the config and, of a net whose padding depends on its sizes, the net
// that it was found by; of others nil.
func (e *entry) built(top bool, classes int, input nn.Shape) ([]byte, *nn.Graph, error) {
	text, err := e.text(top)
	if err != nil {
		return nil, nil, err
	}
	root := map[string]any{}
	if err := json.Unmarshal(text, &root); err != nil {
		return nil, nil, err
	}
	layers := layersOf(root)
	if top {
		for _, place := range e.Classes {
			setClasses(layers[place[0]], place[1], classes)
		}
	}
	for {
		if text, err = json.Marshal(root); err != nil || len(e.Padded) == 0 {
			return text, nil, err
		}
		g, err := loader.ParseConfig(text, loader.WithInputShape(input))
		if err != nil {
			return nil, nil, err
		}
		if !e.pad(layers, g) {
			return text, g, nil
		}
	}
}

// layersOf returns the configs of a model's layers by their names.
func layersOf(root map[string]any) map[string]map[string]any {
	layers := map[string]map[string]any{}
	model, _ := root["config"].(map[string]any)
	list, _ := model["layers"].([]any)
	for _, l := range list {
		layer, _ := l.(map[string]any)
		config, _ := layer["config"].(map[string]any)
		name, _ := config["name"].(string)
		layers[name] = config
	}
	return layers
}

func setClasses(layer map[string]any, field string, classes int) {
	if _, isList := layer[field].([]any); isList {
		layer[field] = []any{classes}
	} else {
		layer[field] = classes
	}
}

// pad gives the first layer whose padding is not that for the size of what it reads
// the right one, as imagenet_utils.correct_pad of Keras chooses it: all sizes behind
// it depend on it. Each call is about a later layer.
func (e *entry) pad(layers map[string]map[string]any, g *nn.Graph) (changed bool) {
	for _, n := range g.Nodes {
		op, ok := n.Op.(*nn.ZeroPad)
		if !ok || !slices.Contains(e.Padded, n.Layer) {
			continue
		}
		before := n.Inputs[0].Shape
		want := nn.Pad{Top: op.Pad.Bottom - 1 + before[0]%2, Bottom: op.Pad.Bottom, Left: op.Pad.Right - 1 + before[1]%2, Right: op.Pad.Right}
		if op.Pad != want {
			layers[n.Layer]["padding"] = [][2]int{{want.Top, want.Bottom}, {want.Left, want.Right}}
			return true
		}
	}
	return false
}

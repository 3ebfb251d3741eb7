package applications

import (
	"encoding/json"
	"fmt"

	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
)

// graph returns the net for an input of that shape, (H, W, 3), without its weights.
func (e *entry) graph(top bool, classes int, input nn.Shape) (*nn.Graph, error) {
	text, err := e.config(top, classes)
	if err != nil {
		return nil, err
	}
	g, err := loader.ParseConfig(text, e.sized(input)...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.Name, err)
	}
	return g, nil
}

// sized are the options that give the net its size.
func (e *entry) sized(input nn.Shape) []loader.Option {
	return []loader.Option{loader.WithInputShape(input), loader.WithPaddingBySize(e.Padded)}
}

// config returns the architecture as model.to_json() gives it and, of a net with its
// top, for that many classes.
func (e *entry) config(top bool, classes int) ([]byte, error) {
	text, err := e.text(top)
	if err != nil || !top {
		return text, err
	}
	root := map[string]any{}
	if err := json.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("%s: %w", e.Name, err)
	}
	layers := layersOf(root)
	for _, place := range e.Classes {
		setClasses(layers[place[0]], place[1], classes)
	}
	return json.Marshal(root)
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

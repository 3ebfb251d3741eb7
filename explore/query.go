package explore

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// number reads a whole number of the query within bounds; without one it is
// otherwise.
func number(r *http.Request, name string, otherwise, least, most int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, refuse("%s=%s: expected a whole number from %d to %d", name, shorten(text, 40), least, most)
	}
	return n, nil
}

// word reads one of several words of the query; without one it is the first.
func word(r *http.Request, name string, words ...string) (string, error) {
	text := r.URL.Query().Get(name)
	switch {
	case text == "":
		return words[0], nil
	case !slices.Contains(words, text):
		return "", refuse("%s=%s: expected %s", name, shorten(text, 40), strings.Join(words, ", "))
	}
	return text, nil
}

// node returns the node that the path names by its index.
func (x *Explorer) node(r *http.Request) (*nn.Node, error) {
	text := r.PathValue("node")
	i, err := strconv.Atoi(text)
	if err != nil || i < 0 || i >= len(x.graph.Nodes) {
		return nil, missing("node %s: expected an index below %d; api/graph lists them", shorten(text, 40), len(x.graph.Nodes))
	}
	return x.graph.Nodes[i], nil
}

// cutPNG returns the name of a PNG file without its ending.
func cutPNG(name string) string { return strings.TrimSuffix(name, ".png") }

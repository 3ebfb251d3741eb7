package loader

import (
	"fmt"
	"maps"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// drawsAtRandom reports whether layers of the class drop or change values at
// random in training, and do so at inference too where the model calls them with
// training=True.
func drawsAtRandom(class string) bool {
	switch class {
	case "AlphaDropout", "AugMix", "CutMix", "Dropout", "GaussianDropout", "GaussianNoise", "MixUp", "RandAugment", "SpatialDropout1D", "SpatialDropout2D":
		return true
	}
	return strings.HasPrefix(class, "Random") && class != "RandomCrop" // which cuts at inference too
}

// calm takes training=True from a call of a layer that would draw at random, and
// remembers it: what such a layer does is left out, and told.
func (l *layer) calm(c call) call {
	if c.constants["training"] != true || !drawsAtRandom(l.class) {
		return c
	}
	l.random = true
	c.constants = maps.Clone(c.constants)
	delete(c.constants, "training")
	return c
}

// random says which layers were calmed.
func (n *network) random() []string {
	var all []string
	for _, l := range n.layers {
		if l.nested != nil {
			all = append(all, l.nested.random()...)
		}
		if l.random {
			when := " is called with training=True"
			if l.operator {
				when = ""
			}
			all = append(all, fmt.Sprintf("%s %q%s: Keras draws at random at every prediction, here it does nothing", l.class, l.fullName, when))
		}
	}
	return all
}

// calmed is a function that draws at random, of which the same is told.
func calmed(o *operation) []*nn.Node {
	for name := range o.args {
		o.ignore(name)
	}
	if rate, ok := asFloat(o.args["rate"]); !ok || rate != 0 {
		o.layer.random = true
	}
	return same(o)
}

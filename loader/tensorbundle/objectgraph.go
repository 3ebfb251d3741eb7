package tensorbundle

import "fmt"

// objectGraphKey names the tensor that holds the object graph.
const objectGraphKey = "_CHECKPOINTABLE_OBJECT_GRAPH"

// maxObjects bounds the objects of a graph. A SavedModel of the largest networks of
// keras.applications has some 100,000.
const maxObjects = 1 << 20

// ObjectGraph says which objects a checkpoint was made of, how they refer to each
// other, and which tensors are their values. Object 0 is the one that was saved.
type ObjectGraph struct {
	nodes [][]byte // TrackableObject, parsed when it is asked for
}

// Object is a node of the graph.
type Object struct {
	Children []Child
	Key      string // the name of the tensor that is its value; "" for none
	FullName string // of the variable in its program: "conv1/kernel"
}

// Child is an object as another one knows it.
type Child struct {
	Name string // "layer_with_weights-0", "kernel"
	ID   int
}

// ObjectGraph reads the bundle's object graph; the error is ErrNotFound for the
// checkpoints of TensorFlow 1, which have none.
func (b *Bundle) ObjectGraph() (*ObjectGraph, error) {
	t, err := b.Tensor(objectGraphKey)
	if err != nil {
		return nil, err
	}
	s, err := t.ReadString()
	if err != nil {
		return nil, err
	}
	g, err := ParseObjectGraph(s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", objectGraphKey, err)
	}
	return g, nil
}

// ParseObjectGraph reads TrackableObjectGraph: nodes = 1.
func ParseObjectGraph(b []byte) (*ObjectGraph, error) {
	g := new(ObjectGraph)
	err := fields(b, func(f field) error {
		if f.number != 1 {
			return nil
		}
		if len(g.nodes) == maxObjects {
			return unsupported("more than %d objects", maxObjects)
		}
		g.nodes = append(g.nodes, f.bytes)
		return nil
	})
	return g, err
}

// Len returns the number of objects.
func (g *ObjectGraph) Len() int { return len(g.nodes) }

// Object reads an object: TrackableObject, of which children = 1 and
// attributes = 2. Time and memory follow the number of its children.
func (g *ObjectGraph) Object(id int) (Object, error) {
	if id < 0 || id >= len(g.nodes) {
		return Object{}, malformed("object %d of %d", id, len(g.nodes))
	}
	var o Object
	err := fields(g.nodes[id], func(f field) error {
		switch f.number {
		case 1:
			c, err := parseChild(f.bytes)
			if err == nil && (c.ID < 0 || c.ID >= len(g.nodes)) {
				err = malformed("object %d refers to object %d of %d", id, c.ID, len(g.nodes))
			}
			o.Children = append(o.Children, c)
			return err
		case 2:
			return o.attribute(f.bytes)
		}
		return nil
	})
	return o, err
}

// parseChild reads ObjectReference: node_id = 1, local_name = 2.
func parseChild(b []byte) (Child, error) {
	var c Child
	err := fields(b, func(f field) error {
		switch f.number {
		case 1:
			c.ID = int(int32(f.varint))
		case 2:
			c.Name = string(f.bytes)
		}
		return nil
	})
	return c, err
}

// attribute reads SerializedTensor: name = 1, full_name = 2, checkpoint_key = 3.
// Variables have the one named VARIABLE_VALUE.
func (o *Object) attribute(b []byte) error {
	var name, full, key string
	err := fields(b, func(f field) error {
		switch f.number {
		case 1:
			name = string(f.bytes)
		case 2:
			full = string(f.bytes)
		case 3:
			key = string(f.bytes)
		}
		return nil
	})
	if name == "VARIABLE_VALUE" {
		o.FullName, o.Key = full, key
	}
	return err
}

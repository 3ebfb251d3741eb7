package nn

import (
	"errors"
	"fmt"
)

// Builder makes a Graph node by node. Shapes are inferred as nodes are added.
// The first error is kept, later calls do nothing, and Graph returns it: a
// builder of a large network checks once.
type Builder struct {
	graph *Graph
	names map[string]bool
	err   error
}

// NewBuilder returns a builder of a graph of that name.
func NewBuilder(name string) *Builder {
	return &Builder{graph: &Graph{Name: name}, names: map[string]bool{}}
}

// Source says which Keras layer a node comes from.
type Source struct {
	Layer, Class string
	Call         int
}

// Input adds an input for images of the given shape.
func (b *Builder) Input(name string, shape Shape) *Node {
	return b.From(Source{Layer: name, Class: "InputLayer"}, name, &Input{Shape: shape.Clone()})
}

// Add adds a node that is a layer by itself, named as the node.
func (b *Builder) Add(name string, op Op, inputs ...*Node) *Node {
	return b.From(Source{Layer: name, Class: op.Kind()}, name, op, inputs...)
}

// From adds a node that comes from a Keras layer.
func (b *Builder) From(s Source, name string, op Op, inputs ...*Node) *Node {
	n := &Node{Index: len(b.graph.Nodes), Name: name, Op: op, Inputs: inputs, Layer: s.Layer, Class: s.Class, Call: s.Call}
	if b.err != nil {
		return n
	}
	if err := b.place(n); err != nil {
		b.err = fmt.Errorf("%s %q: %w", s.Class, name, err)
	}
	return n
}

func (b *Builder) place(n *Node) error {
	if n.Name == "" || b.names[n.Name] {
		return errors.New("a node's name must be given and unique")
	}
	for _, in := range n.Inputs {
		if in == nil || in.Index >= len(b.graph.Nodes) || b.graph.Nodes[in.Index] != in {
			return errors.New("an input is not a node of this graph")
		}
	}
	shape, err := n.Op.Infer(n.InputShapes())
	if err != nil {
		return err
	}
	if err := shape.positive(); err != nil {
		return err
	}
	n.Shape = shape.Clone()
	b.names[n.Name] = true
	b.graph.Nodes = append(b.graph.Nodes, n)
	if _, ok := n.Op.(*Input); ok {
		b.graph.Inputs = append(b.graph.Inputs, n)
	}
	return nil
}

// Rename gives a node of the graph another name.
func (b *Builder) Rename(n *Node, name string) {
	if b.err != nil || n.Name == name {
		return
	}
	if name == "" || b.names[name] {
		b.err = fmt.Errorf("%s %q: a node's name must be given and unique", n.Class, name)
		return
	}
	delete(b.names, n.Name)
	b.names[name] = true
	n.Name = name
}

// Err returns the first error so far.
func (b *Builder) Err() error { return b.err }

// Fail makes err the builder's error unless it has one already.
func (b *Builder) Fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// Graph finishes the graph with these outputs.
func (b *Builder) Graph(outputs ...*Node) (*Graph, error) {
	if b.err != nil {
		return nil, b.err
	}
	if len(b.graph.Inputs) == 0 || len(outputs) == 0 {
		return nil, errors.New("a graph needs an input and an output")
	}
	for _, n := range outputs {
		if n == nil || n.Index >= len(b.graph.Nodes) || b.graph.Nodes[n.Index] != n {
			return nil, errors.New("an output is not a node of this graph")
		}
	}
	b.graph.Outputs = outputs
	nameBlocks(b.graph)
	return b.graph, nil
}

// Package structure says of graphs what they compute, apart from weights: it
// serves those who recognise a net. Names, order and weights of nodes do not count.
// It knows nn alone; what an architecture is called, and where it comes from, may
// not enter.
package structure

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// Kinds numbers functions of the input: nodes that do the same to the same get the
// same number. Graphs numbered by one Kinds can be compared.
type Kinds map[string]int

// Of returns the number of each node of g. What only passes the input on or scales
// it counts as the input.
func (k Kinds) Of(g *nn.Graph) []int {
	numbers := make([]int, len(g.Nodes))
	input := k.number("input")
	for i, n := range g.Nodes {
		in := make([]int, len(n.Inputs))
		for j, from := range n.Inputs {
			in[j] = numbers[from.Index]
		}
		switch {
		case is[*nn.Input](n):
			numbers[i] = input
		case is[*nn.Identity](n), is[*nn.Rescale](n) && in[0] == input:
			numbers[i] = in[0]
		default:
			if is[*nn.Add](n) || is[*nn.Multiply](n) {
				slices.Sort(in) // a + b is b + a
			}
			numbers[i] = k.number(fmt.Sprintf("%s %v", describe(n), in))
		}
	}
	return numbers
}

func (k Kinds) number(what string) int {
	n, ok := k[what]
	if !ok {
		n = len(k)
		k[what] = n
	}
	return n
}

func is[T nn.Op](n *nn.Node) bool {
	_, ok := n.Op.(T)
	return ok
}

// describe writes a node's operation without its weights.
func describe(n *nn.Node) string {
	weights := map[**nn.Tensor]bool{}
	for _, p := range n.Params() {
		weights[p.Value] = true
	}
	var b strings.Builder
	b.WriteString(n.Op.Kind())
	value := reflect.ValueOf(n.Op).Elem()
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		f := value.Field(i)
		switch v := f.Addr().Interface().(type) {
		case **nn.Tensor:
			if !weights[v] && *v != nil {
				fmt.Fprintf(&b, " %s %x", field.Name, digest(*v))
			}
		case *int:
			if field.Name == "Axis" && *v < 0 {
				fmt.Fprintf(&b, " Axis %d", *v+len(n.Inputs[0].Shape))
				continue
			}
			fmt.Fprintf(&b, " %s %d", field.Name, *v)
		case *[]int:
			fmt.Fprintf(&b, " %s %v", field.Name, fromStart(field.Name, *v, n))
		default:
			fmt.Fprintf(&b, " %s %+v", field.Name, f.Interface())
		}
	}
	return b.String()
}

// fromStart counts axes from the first one; none means the last.
func fromStart(name string, axes []int, n *nn.Node) []int {
	if name != "Axes" || len(n.Inputs) == 0 {
		return axes
	}
	rank := len(n.Inputs[0].Shape)
	if axes == nil {
		return []int{rank - 1}
	}
	out := slices.Clone(axes)
	for i, a := range out {
		if a < 0 {
			out[i] = a + rank
		}
	}
	return out
}

// digest tells constants apart.
func digest(t *nn.Tensor) []byte {
	h := sha256.New()
	fmt.Fprint(h, t.Shape)
	var word [4]byte
	for _, x := range t.Data {
		binary.LittleEndian.PutUint32(word[:], math.Float32bits(x))
		h.Write(word[:])
	}
	return h.Sum(nil)
}

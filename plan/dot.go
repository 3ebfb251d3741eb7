package plan

import (
	"fmt"

	"github.com/emicklei/dot"
)

// Dot draws the program for Graphviz.
func (p *Program) Dot() string {
	g := dot.NewGraph(dot.Directed)
	g.NodeInitializer(func(n dot.Node) { n.Attr("shape", "box").Attr("fontname", "sans-serif") })
	makers := map[*Value]dot.Node{}
	for _, v := range p.Inputs {
		makers[v] = g.Node(fmt.Sprintf("%s\n%v", v.Node.Name, v.Shape))
	}
	for i, s := range p.Steps {
		n := g.Node(fmt.Sprintf("%d: %s\n%s\n%v", i, s.Name, s.Kind(), s.Out.Shape))
		for _, v := range s.In {
			g.Edge(makers[v.Root()], n)
		}
		for _, v := range []*Value{s.Residual, s.Gate} {
			if v != nil {
				g.Edge(makers[v.Root()], n).Attr("style", "dashed")
			}
		}
		for _, part := range s.Parts() {
			makers[part.Out] = n
		}
	}
	return g.String()
}
